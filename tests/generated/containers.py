"""Ways to hand over the same numbers: each is a function of a numpy array."""

import numpy as np
import pandas as pd
import polars as pl
import scipy.sparse as sp


def strided(X):
    """Every second row and column of a larger array, backwards."""
    large = np.zeros([2 * n for n in X.shape], X.dtype)
    view = large[(slice(None, None, -2),) * X.ndim]
    view[...] = X
    return view


def read_only(X):
    X = X.copy()
    X.flags.writeable = False
    return X


def foreign(X):
    """The other byte order."""
    return X.astype(X.dtype.newbyteorder())


def names(X):
    return [f"column {j}" for j in range(X.shape[1])]


def with_duplicates(X):
    """Each entry as the sum of two, and zeros that are stored."""
    row, column = map(np.ravel, np.indices(X.shape))
    half = X.ravel() // 2 if X.dtype.kind in "iu" else X.ravel() / 2
    twice = np.r_[half, X.ravel() - half], (np.r_[row, row], np.r_[column, column])
    return sp.coo_array(twice, shape=X.shape, dtype=X.dtype)


def unsorted(X):
    """A CSR matrix with the columns of each row backwards."""
    n_rows, n_columns = X.shape
    columns = np.tile(np.arange(n_columns)[::-1], n_rows)
    starts = np.arange(0, X.size + 1, n_columns)
    return sp.csr_array((X[:, ::-1].ravel(), columns, starts), shape=X.shape)


def polars_frame(X):
    return pl.DataFrame(dict(zip(names(X), X.T, strict=True)))


ARRAYS = [np.array, np.asfortranarray, strided, read_only]
LISTS = [np.ndarray.tolist, lambda X: tuple(map(tuple, X.tolist()))]
FRAMES = [lambda X: pd.DataFrame(X, columns=names(X)), pd.DataFrame, polars_frame]
SPARSE = [
    sp.csr_array,
    sp.csr_matrix,
    sp.csc_array,
    sp.coo_matrix,
    sp.lil_array,
    sp.dok_array,
    sp.bsr_array,
    sp.dia_array,
    unsorted,
    with_duplicates,
]
COLUMNS = [
    np.array,
    strided,
    read_only,
    np.ndarray.tolist,
    lambda y: tuple(y.tolist()),
    # Scikit-learn's labels are objects only if they are strings.
    lambda y: y.astype(object) if y.dtype.kind == "U" else y,
    lambda y: pd.Series(y, np.arange(len(y))[::-1], object if y.dtype.kind == "U" else y.dtype),
    lambda y: pl.Series("y", y),
]
