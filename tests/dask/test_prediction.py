"""Predictions for dask collections are lazy, and those for the same rows in memory."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier
from tests.estimators.helpers import PREDICTIONS

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
db = pytest.importorskip("dask.bag")
dd = pytest.importorskip("dask.dataframe")

KINDS = ("binary", "multiclass", "multilabel-indicator", "multiclass-multioutput")
ROWS = (60, 0, 1, 89)


class NotYetError(Exception):
    pass


@pytest.fixture(autouse=True)
def _sync():
    with dask.config.set(scheduler="sync"):
        yield


@pytest.fixture(params=KINDS)
def fitted(request, network, iris, targets_of_each_kind):
    X = pd.DataFrame(iris[0], columns=["a", "b", "c", "d"])
    y = targets_of_each_kind[request.param]
    return network.set_params(tol=0.1).fit(X, y), X, y


def listed(values):
    return values if isinstance(values, list) else [values]


def assert_same_values(lazy, expected, rtol):
    if expected.dtype.kind == "f":
        np.testing.assert_allclose(lazy.compute(), expected, rtol=rtol, atol=rtol)
    else:
        np.testing.assert_array_equal(lazy.compute(), expected)


def nothing_is_computed(*args, **kwargs):
    raise NotYetError


@pytest.mark.parametrize("method", PREDICTIONS)
def test_arrays_have_shape_dtype_and_chunks_before_they_are_computed(fitted, method):
    model, X, _ = fitted
    X = X.to_numpy(dtype=np.float32)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        expected = listed(getattr(model, method)(X))
    lazy = da.from_array(X, chunks=(ROWS, 3))
    with (
        dask.config.set(scheduler=nothing_is_computed),
        pytest.warns(UserWarning, match="does not have valid feature names"),
    ):
        got = listed(getattr(model, method)(lazy))
    assert len(got) == len(expected)
    for one, other in zip(got, expected, strict=True):
        assert isinstance(one, da.Array)
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        assert one.chunks[0] == ROWS
        assert one.numblocks[1:] == (1,) * (one.ndim - 1)
        assert_same_values(one, other, rtol=1e-5)
        assert one[:70].compute().shape == other[:70].shape


@pytest.mark.parametrize("method", PREDICTIONS)
def test_frames_and_chunks_of_unknown_size(fitted, method):
    model, X, _ = fitted
    frame = dd.from_pandas(X.astype({"a": np.float32}), npartitions=4)
    frame = frame[frame["b"] > -1]
    with dask.config.set(scheduler=nothing_is_computed):
        got = listed(getattr(model, method)(frame))
    expected = listed(getattr(model, method)(frame.compute()))
    for one, other in zip(got, expected, strict=True):
        assert one.dtype == other.dtype
        assert one.ndim == other.ndim
        assert one.shape[1:] == other.shape[1:]
        assert np.isnan(one.shape[0])
        assert_same_values(one, other, rtol=1e-12)


@pytest.mark.parametrize("method", PREDICTIONS)
def test_features_that_are_not_those_of_the_fit_are_errors_at_once(iris, method):
    X = pd.DataFrame(iris[0], columns=["a", "b", "c", "d"])
    model = SoftmaxMLPClassifier(3, "tanh", tol=0.1, random_state=0).fit(X, iris[1])
    frame = dd.from_pandas(X, npartitions=2)
    predict = getattr(model, method)
    with dask.config.set(scheduler=nothing_is_computed):
        with pytest.raises(ValueError, match="feature names should match"):
            predict(frame.rename(columns={"a": "z"}))
        with pytest.raises(ValueError, match="feature names should match"):
            predict(frame[["a", "b", "c"]])
        with (
            pytest.warns(UserWarning, match="does not have valid feature names"),
            pytest.raises(ValueError, match=r"X has 3 features, but .* is expecting 4"),
        ):
            predict(da.ones((2, 3)))
        for other in (db.from_sequence([1]), dask.delayed(X), da.ones(4), frame["a"]):
            with pytest.raises(ValueError, match="must be a dask array of two dimensions"):
                predict(other)


def test_bad_numbers_are_errors_when_they_are_met(iris):
    X = iris[0].copy()
    X[100] = np.nan
    model = SoftmaxMLPClassifier(3, "tanh", tol=0.1, random_state=0).fit(*iris)
    predicted = model.predict(da.from_array(X, chunks=(50, 4)))
    assert predicted[:100].compute().shape == (100,)
    with pytest.raises(ValueError, match="Input X contains NaN"):
        predicted.compute()


def test_without_hidden_layers_what_is_transformed_stays_lazy(classifier, iris):
    model = classifier((), tol=0.1).fit(*iris)
    X = da.from_array(iris[0].astype(np.uint8), chunks=(ROWS, 4))
    assert model.transform(X).dtype == np.float64
    np.testing.assert_array_equal(model.transform(X).compute(), iris[0].astype(np.uint8))


# Dask joins the columns of chunks, of which there is one; old versions cannot join sparse arrays.
can_join = da.core.concatenate_lookup.dispatch(sp.csr_array) is not np.concatenate
FORMS = [sp.csr_matrix, sp.csr_array] if can_join else [sp.csr_matrix]


@pytest.mark.parametrize("form", FORMS)
def test_chunks_of_sparse_rows_may_be_empty(network, iris, form):
    model = network.set_params(tol=0.1).fit(*iris)
    X = form(iris[0])
    lazy = da.from_array(np.arange(X.shape[0]), chunks=(ROWS,)).map_blocks(
        lambda rows: X[rows], new_axis=1, chunks=(ROWS, (4,)), dtype=float, meta=X[:0]
    )
    for method in PREDICTIONS:
        predicted = getattr(model, method)(lazy)
        assert predicted.chunks[0] == ROWS
        assert_same_values(predicted, getattr(model, method)(X), rtol=1e-12)


def test_scores_are_those_in_memory(fitted):
    model, X, y = fitted
    weight = np.linspace(0, 1, len(y))
    expected = model.score(X, y, weight)
    frame = dd.from_pandas(X, npartitions=3)
    labels = da.from_array(y, chunks=(ROWS, *y.shape[1:]))
    assert model.score(frame, y, weight) == expected
    assert model.score(frame, labels, dd.from_pandas(pd.Series(weight))) == expected
    assert model.score(X, labels) == model.score(X, y)
    if y.ndim == 1:
        series = dd.from_pandas(pd.Series(y), npartitions=2)
        assert model.score(frame, series, da.from_array(weight)) == expected
    with pytest.raises(ValueError, match=r"inconsistent|shape"):
        model.score(frame, labels[1:])


def test_a_model_that_was_fitted_on_chunks_predicts_from_rows_in_memory(iris):
    X, y = iris
    model = SigmoidMLPClassifier(3, "tanh", tol=0.1, random_state=0)
    model.fit(da.from_array(X, chunks=(ROWS, 4)), da.from_array(y, chunks=-1))
    assert isinstance(model.predict(X), np.ndarray)
    assert model.score(X, y) > 0.8
