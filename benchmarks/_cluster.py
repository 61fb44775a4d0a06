"""What the benchmarks ask of dask: a cluster on this machine, and rows that lie in its workers."""

import os
from contextlib import contextmanager
from unittest.mock import patch

import dask.array as da
import numpy as np
from dask.delayed import delayed
from distributed import Client, LocalCluster

from skneural import SoftmaxMLPClassifier
from skneural._dask import dask_data

# Dask tells its workers' allocator to give memory back to the system at once, so that every
# array of a block is mapped anew; unless the environment says something else.
OF_DASK, LARGE = 2**16, 2**27


@contextmanager
def cluster(n_workers, trim_threshold=LARGE):
    """A client of so many processes with a thread each, on the loopback interface."""
    with patch.dict(os.environ, MALLOC_TRIM_THRESHOLD_=str(trim_threshold)):
        local = LocalCluster(
            n_workers=n_workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
        )
    with local, Client(local, set_as_default=False) as client:
        yield client


def make_chunk(number, n_rows, n_features, n_classes):
    """Random rows, of which a chunk consists, and their labels."""
    rng = np.random.default_rng(number)
    X = rng.random((n_rows, n_features), dtype=np.float32)
    return X, rng.integers(n_classes, size=n_rows, dtype=np.int8)


def rows_on(client, n_rows, n_chunks, n_features=100, n_classes=10):
    """Such rows as data of a fit, made where they are kept; there are `n_chunks` parts of them."""
    sizes = np.diff(np.linspace(0, n_rows, n_chunks + 1).astype(int)).tolist()
    X, y = [], []
    for number, size in enumerate(sizes):
        chunk = delayed(make_chunk, nout=2)(number, size, n_features, n_classes)
        X.append(da.from_delayed(chunk[0], (size, n_features), dtype=np.float32))
        y.append(da.from_delayed(chunk[1], (size,), dtype=np.int8))
    with client.as_current():
        data, _ = dask_data(
            SoftmaxMLPClassifier(), da.concatenate(X), da.concatenate(y), None, None, False
        )
    return data
