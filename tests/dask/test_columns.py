"""Features of distributed rows: which vary, and selections of them."""

import numpy as np
import pytest
import scipy.sparse as sp

from skneural._dask import chunks as tasks
from skneural._dask.rows import DaskRows
from skneural._data.rows import Rows

dask = pytest.importorskip("dask")


@pytest.fixture(autouse=True)
def _sync():
    with dask.config.set(scheduler="sync"):
        yield


def make(convert):
    """Rows in four parts; features 0, 2 and 4 vary, 2 only from one part to another."""
    X = np.random.default_rng(0).normal(size=(40, 6))
    X[:, 1] = 0
    X[:, 2] = np.repeat([0, 0, 5, 0], 10)
    X[:, 3] = 7
    X[:, 4] = 0.1
    X[39, 4] = np.nextafter(0.1, 1)
    X[:, 5] = -1e300
    codes = np.arange(40)[:, None] % 3
    parts = [
        dask.delayed(Rows)(convert(X[i : i + 10]), codes[i : i + 10], np.ones(10), start=i)
        for i in range(0, 40, 10)
    ]
    return X, DaskRows(list(dask.persist(*parts)), [10] * 4, 6, np.dtype(np.float64))


@pytest.mark.parametrize("convert", [np.asarray, sp.csr_array])
def test_features_that_are_the_same_in_all_parts_are_found_exactly(convert):
    X, rows = make(convert)
    np.testing.assert_array_equal(rows.varying(), [0, 2, 4])
    np.testing.assert_array_equal(rows.first_row(), X[0])


@pytest.mark.parametrize("convert", [np.asarray, sp.csr_array])
def test_selected_features_remain_selected_in_all_parts(convert):
    X, rows = make(convert)
    selected = rows.select(np.array([0, 2, 3]))
    assert (selected.n_rows, selected.n_features) == (40, 3)
    np.testing.assert_array_equal(selected.first_row(), X[0, [0, 2, 3]])
    np.testing.assert_array_equal(selected.varying(), [0, 1])
    sample = selected.sample(np.arange(25, 40))
    assert sample.n_features == 3
    np.testing.assert_array_equal(sample.first_row(), X[25, [0, 2, 3]])
    np.testing.assert_array_equal(sample.select(np.array([1, 2])).first_row(), X[25, [2, 3]])


@pytest.mark.parametrize("convert", [np.asarray, sp.csr_array])
@pytest.mark.parametrize(("largest", "kind"), [(45, Rows), (44, DaskRows)])
def test_only_small_samples_are_fetched(convert, largest, kind, monkeypatch):
    monkeypatch.setattr("skneural._dask.rows.FETCHED_NUMBERS", largest)
    X, rows = make(convert)
    chosen = np.r_[3:10, 32:40]
    sample = rows.select(np.array([0, 2, 4])).sample(chosen)
    assert type(sample) is kind
    assert (sample.n_rows, sample.n_features, sample.dtype) == (15, 3, np.float64)
    np.testing.assert_array_equal(sample.all_labels(), chosen[:, None] % 3)
    np.testing.assert_array_equal(sample.all_weights(), np.ones(15))
    np.testing.assert_array_equal(sample.first_row(), X[3, [0, 2, 4]])
    np.testing.assert_array_equal(sample.varying(), [0, 2])


@pytest.mark.parametrize("convert", [np.asarray, sp.csr_array])
def test_of_a_sample_only_the_rows_and_features_in_use_are_sent(convert):
    X = np.random.default_rng(0).normal(size=(10, 6))
    rows = Rows(convert(X), np.arange(10)[:, None], np.arange(10.0))
    part = rows.select(np.array([1, 4])).sample(np.array([3, 7, 8]))
    features, labels, weights = tasks.contents(part)
    dense = features.toarray() if sp.issparse(features) else features
    np.testing.assert_array_equal(dense, X[np.ix_([3, 7, 8], [1, 4])])
    np.testing.assert_array_equal(labels, [[3], [7], [8]])
    np.testing.assert_array_equal(weights, [3, 7, 8])
