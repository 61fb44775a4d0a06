"""Tables of data that lie in the source archive of the package scikit-multiflow 0.4.1.

README.md tells how pip brings it here. It is not installed, and no benchmark downloads it.
"""

import os
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

NAME = "scikit-multiflow-0.4.1"
ARCHIVE = Path(os.environ.get("SKMULTIFLOW_SDIST", f"~/.cache/{NAME}.tar.gz")).expanduser()


def read(name, archive=ARCHIVE):
    """The table NAME.csv, or None and a note if the archive is not there."""
    if not Path(archive).exists():
        print(f"{name} is left out: there is no {archive} (see benchmarks/README.md).")
        return None
    with tarfile.open(archive) as files:
        return pd.read_csv(files.extractfile(f"{NAME}/src/skmultiflow/data/datasets/{name}.csv"))


def load_covtype(archive, seed, **sizes):
    """Training rows and classes 0 .. 6, test rows and classes; None without the archive.

    Features are standardised, in float32; `sizes` are arguments of `train_test_split`.
    """
    forest = read("covtype", archive)
    if forest is None:
        return None
    X, y = forest.iloc[:, :-1].to_numpy(np.float32), forest.iloc[:, -1].to_numpy(np.int64) - 1
    X, X_test, y, y_test = train_test_split(X, y, random_state=seed, **sizes)
    scaler = StandardScaler().fit(X)
    return scaler.transform(X), y, scaler.transform(X_test), y_test
