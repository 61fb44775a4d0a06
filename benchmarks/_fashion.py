"""Fashion-MNIST, from the Debian package dataset-fashion-mnist or else from OpenML."""

import gzip
from functools import partial
from pathlib import Path

import numpy as np
from sklearn.datasets import fetch_openml

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
HEADERS = {"images-idx3-ubyte": 16, "labels-idx1-ubyte": 8}  # their length in bytes
N_PIXELS = 784


def load_data():
    """Training images and labels, test images and labels."""
    if DEBIAN.exists():
        parts = [_idx(f"{part}-{kind}") for part in ("train", "t10k") for kind in HEADERS]
    else:
        X, y = fetch_openml("Fashion-MNIST", version=1, return_X_y=True, as_frame=False)
        parts = [X[:60_000], y[:60_000], X[60_000:], y[60_000:]]
    X, y, X_test, y_test = parts
    scale = partial(np.multiply, np.float32(1 / 255), dtype=np.float32)
    return scale(X), y.astype(np.int64), scale(X_test), y_test.astype(np.int64)


def _idx(name):
    kind = name.split("-", 1)[1]
    values = np.frombuffer(gzip.decompress((DEBIAN / f"{name}.gz").read_bytes()), np.uint8)
    values = values[HEADERS[kind] :]
    return values.reshape(-1, N_PIXELS) if kind.startswith("images") else values
