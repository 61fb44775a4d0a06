"""Chunks of every kind, and data that are not what they should be."""

import pickle
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from skneural import SoftmaxMLPClassifier

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
db = pytest.importorskip("dask.bag")
dd = pytest.importorskip("dask.dataframe")

N, ROWS = 300, (100, 50, 150)


@pytest.fixture(autouse=True)
def _sync():
    with dask.config.set(scheduler="sync"):
        yield


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 4))
    return X, np.where(X[:, 0] > 0, "yes", "no"), rng.uniform(0.5, 1.5, N)


def chunked(values, rows=ROWS):
    return da.from_array(values, chunks=(rows, *values.shape[1:]))


def network(**parameters):
    return SoftmaxMLPClassifier(3, "tanh", alpha=1.0, tol=0.1, random_state=0, **parameters)


def assert_same_fit(expected, X, y, sample_weight=None, **parameters):
    model = network(**parameters).fit(X, y, sample_weight)
    for a, b in zip(model.coefs_, expected.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("rows", "columns"), [((300,), 2), ((100, 200), 1), ((0, 99, 0, 201, 0), 4), ((1,) * 300, 4)]
)
def test_chunks_of_labels_and_weights_may_be_others_than_those_of_features(rows, columns, data):
    X, y, weight = data
    lazy = da.from_array(X, chunks=(ROWS, columns))
    expected = network().fit(X, y, weight)
    assert_same_fit(expected, lazy, chunked(y, rows), chunked(weight, rows[::-1]))
    empty = chunked(X, rows)
    assert_same_fit(expected, empty, chunked(y), weight)


def test_sizes_of_chunks_need_not_be_known(data):
    X, y, weight = data
    is_kept = X[:, 1] > -1
    kept = chunked(is_kept)
    expected = network().fit(X[is_kept], y[is_kept], weight[is_kept])
    chunks = chunked(X)[kept], chunked(y)[kept], chunked(weight)[kept]
    assert_same_fit(expected, *chunks)
    assert all(np.isnan(each.shape[0]) for each in chunks)  # the user's are as they were
    assert_same_fit(expected, chunked(X, (300,))[chunked(is_kept, (300,))], *chunks[1:])
    frame = dd.from_pandas(pd.DataFrame(X), npartitions=3)
    frame = frame[frame[1] > -1]
    assert_same_fit(expected, frame, y[is_kept], chunks[2])
    by_columns = da.from_array(X, chunks=(ROWS, 1))[kept]
    assert_same_fit(expected, by_columns, *chunks[1:])


def test_a_column_of_labels_is_a_vector(data):
    X, y, _ = data
    assert_same_fit(network().fit(X, y), chunked(X), chunked(y[:, None]))


def test_classes_may_occur_in_one_chunk_only(data):
    X, y, _ = data
    y = y.astype(object)
    y[110:120] = "perhaps, in the second chunk alone"
    model = network(class_weight="balanced").fit(chunked(X), chunked(y))
    assert model.classes_.tolist() == ["no", "perhaps, in the second chunk alone", "yes"]
    expected = network(class_weight="balanced").fit(X, y)
    assert_same_fit(expected, chunked(X), chunked(y), class_weight="balanced")
    Y = np.zeros((N, 3), dtype=int)
    Y[:100, 0], Y[105, 1], Y[160:, 2] = 1, 1, 1
    model = network().fit(chunked(X), chunked(Y))
    np.testing.assert_array_equal(model.classes_, [0, 1, 2])


def with_value(values, row, value):
    values = values.copy()
    values[row] = value
    return values


def assert_refused(model, X, y, weight, message):
    """The fit raises a ValueError and changes nothing; returns the error."""
    before = pickle.dumps(model)
    with pytest.raises(ValueError, match=message) as caught:
        model.fit(X, y, weight)
    assert pickle.dumps(model) == before
    return caught.value


def note(chunk, features="X"):
    return f"This is in chunk {chunk} of {features}, counted from 0."


@pytest.mark.parametrize(
    ("change", "message", "chunk"),
    [
        (
            lambda X, y, w: (chunked(with_value(X, 120, np.nan)), chunked(y), None),
            "Input X contains NaN",
            1,
        ),
        (
            lambda X, y, w: (chunked(with_value(X, 299, np.inf)), chunked(y), None),
            "Input X contains infinity",
            2,
        ),
        (
            lambda X, y, w: (
                chunked(with_value(X.astype(np.longdouble), 299, np.longdouble("1e400"))),
                chunked(y),
                None,
            ),
            "Input X contains infinity",  # where long doubles are doubles, 1e400 is too
            2,
        ),
        (
            lambda X, y, w: (chunked(X), chunked(with_value(y.astype(object), 7, None)), None),
            "Input y contains NaN or None",
            0,
        ),
        (
            lambda X, y, w: (chunked(X), chunked(y), chunked(with_value(w, 149, -1.0))),
            "sample_weight must not be negative",
            1,
        ),
        (
            lambda X, y, w: (chunked(X), chunked(y), with_value(w, 200, np.nan)),
            "Input sample_weight contains NaN",
            2,
        ),
        (
            lambda X, y, w: (chunked(X), chunked(y), chunked(np.stack([w, w], axis=1))),
            "sample_weight must be 1-d, one number per row, got 2-d",
            "[012]",
        ),
        (
            lambda X, y, w: (chunked(X.astype("U5")), chunked(y), None),
            "could not convert string|must hold numbers|numeric",
            "[012]",
        ),
        (
            lambda X, y, w: (chunked(X.astype("M8[s]")), chunked(y), None),
            "X must hold numbers; got dtype datetime64",
            "[012]",
        ),
        (
            lambda X, y, w: (dd.from_pandas(pd.DataFrame({"a": y}), npartitions=2), y, None),
            "could not convert string to float|must hold numbers; got",
            "[012]",
        ),
    ],
)
def test_bad_chunks_are_clear_errors_that_name_them(change, message, chunk, data):
    error = assert_refused(network().fit(*data), *change(*data), message)
    (named,) = error.__notes__
    assert re.fullmatch(note(chunk), named)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda X, y, w: (chunked(X), chunked(y), 0 * w),
            "sample_weight must have a sum of at least 1e-300, above zero; these weights sum to 0",
        ),
        (
            lambda X, y, w: (chunked(X), chunked(y)[:-1], None),
            "inconsistent numbers of samples: X has 300, y has 299",
        ),
        (
            lambda X, y, w: (chunked(X), chunked(y), w[1:]),
            "inconsistent numbers of samples: X has 300, sample_weight has 299",
        ),
        (lambda X, y, w: (chunked(X), None, None), "the target y is None"),
        (lambda X, y, w: (chunked(X), chunked(X[:, 0]), None), "Unknown label type: continuous"),
        (lambda X, y, w: (chunked(X), chunked(w > 0), None), "y holds only one class, True"),
        (
            lambda X, y, w: (chunked(X[:, 0]), chunked(y), None),
            "X must be a dask array of two dimensions or a dask dataframe",
        ),
        (
            lambda X, y, w: (chunked(X[:, :, None]), chunked(y), None),
            "X must be a dask array of two dimensions or a dask dataframe",
        ),
        (
            lambda X, y, w: (dask.delayed(X), chunked(y), None),
            "X must be a dask array of two dimensions or a dask dataframe; got Delayed",
        ),
        (
            lambda X, y, w: (db.from_sequence(X), chunked(y), None),
            "X must be a dask array of two dimensions or a dask dataframe; got dask.bag",
        ),
        (
            lambda X, y, w: (chunked(X), db.from_sequence(y), None),
            "y must be a dask array of one or two dimensions, a dask dataframe or series, or in "
            "memory; got dask.bag",
        ),
        (
            lambda X, y, w: (chunked(X), chunked(X[:, :, None]), None),
            "y must be a dask array of one or two dimensions",
        ),
        (
            lambda X, y, w: (chunked(X)[:, chunked(X, (100, 200))[0] > 0], chunked(y), None),
            "The number of features of X is unknown; call X.compute_chunk_sizes()",
        ),
        (lambda X, y, w: (chunked(X)[:0], chunked(y)[:0], None), "0 sample(s) in X"),
    ],
)
def test_bad_collections_are_clear_errors(change, message, data):
    error = assert_refused(network().fit(*data), *change(*data), re.escape(message))
    assert not hasattr(error, "__notes__")


def replaced(values, change, is_replaced=lambda number: number == 1):
    """The same chunks, of which some are not what their collection says."""

    def read(block, block_info):
        number = block_info[0]["chunk-location"][0]
        return change(block) if is_replaced(number) else block

    return chunked(values).map_blocks(read, dtype=values.dtype, meta=values[:0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda block: block[:, :3], r"rows must have shape \(4,\)"),
        (lambda block: np.hstack([block, block]), r"rows must have shape \(4,\)"),
        (lambda block: block[:, 0], "Expected 2D array"),
        (lambda block: None, "Expected 2D array"),
        (lambda block: b"no array", "Expected 2D array"),
    ],
)
@pytest.mark.parametrize("is_replaced", [lambda number: number == 1, lambda number: True])
def test_features_that_are_not_what_their_collection_says_are_errors(
    change, message, is_replaced, data
):
    X, y, _ = data
    assert_refused(network().fit(X, y), replaced(X, change, is_replaced), chunked(y), None, message)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda block: np.stack([block, block], axis=1), r"rows must have shape \(\)"),
        (lambda block: {"label": 1}, "is neither an array nor a data frame"),
        (lambda block: None, "is neither an array nor a data frame"),
        (lambda block: block[0], "is neither an array nor a data frame"),
    ],
)
def test_labels_and_weights_that_are_not_what_their_collection_says_are_errors(
    change, message, data
):
    X, y, weight = data
    model = network().fit(X, y)
    assert_refused(model, chunked(X), replaced(y, change), None, f"Chunk 1 of y .*{message}")
    assert_refused(
        model,
        chunked(X),
        chunked(y),
        replaced(weight, change),
        f"Chunk 1 of sample_weight .*{message}",
    )


@pytest.mark.parametrize("method", ["predict_proba", "transform"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda block: block[:, :3], r"has shape \(50, 3\), but X has 4 features"),
        (lambda block: block[:, 0], r"has shape \(50,\), but X has 4 features"),
        (lambda block: None, "is neither an array nor a data frame; got None"),
    ],
)
def test_predictions_refuse_chunks_that_are_not_what_their_collection_says(
    method, change, message, data
):
    X, y, _ = data
    model = network().fit(X, y)
    lazy = getattr(model, method)(replaced(X, change))
    with pytest.raises(ValueError, match=f"A chunk of X {message}"):
        lazy.compute()


def test_labels_that_are_sparse_are_refused(data):
    X, y, _ = data
    Y = sp.csr_array(np.stack([y == "yes", y == "no"], axis=1).astype(int))
    lazy = da.from_array(np.arange(N), chunks=(ROWS,)).map_blocks(
        lambda rows: Y[rows], new_axis=1, chunks=(ROWS, (2,)), dtype=int, meta=Y[:0]
    )
    for given in (Y, lazy):
        with pytest.raises(TypeError, match="y, but dense data is required"):
            network().fit(chunked(X), given)


def test_bad_soft_labels_and_bad_validation_data(data):
    X, y, _ = data
    P = np.stack([y == "no", y == "yes"], axis=1).astype(float)
    with pytest.raises(ValueError, match="y must hold class probabilities") as caught:
        network().fit(chunked(X), chunked(with_value(P, 130, 0.7)), classes=["no", "yes"])
    assert caught.value.__notes__ == [note(1)]
    bad = chunked(with_value(X, 5, np.nan))
    with pytest.raises(ValueError, match="Input X_val contains NaN") as caught:
        network().fit(chunked(X), chunked(y), X_val=bad, y_val=y)
    assert caught.value.__notes__ == [note(0, "X_val")]
    with pytest.raises(ValueError, match="y_val has labels that are not classes") as caught:
        network().fit(chunked(X), y, X_val=chunked(X), y_val=with_value(y, 299, "?"))
    assert caught.value.__notes__ == [note(2, "X_val")]
    with pytest.raises(ValueError, match=r"X has 3 features, but .* is expecting 4 features"):
        network().fit(chunked(X), y, X_val=chunked(X[:, :3]), y_val=y)
    with pytest.raises(ValueError, match="X_val must be a dask array of two dimensions"):
        network().fit(chunked(X), y, X_val=chunked(X[:, 0]), y_val=y)
    with pytest.raises(ValueError, match="X_val has 300, y_val has 299"):
        network().fit(chunked(X), y, X_val=chunked(X), y_val=y[1:])


@pytest.mark.parametrize("where", ["here", "cluster"])
def test_an_error_of_any_type_keeps_its_arguments_and_names_its_chunk(where, data, request):
    class Undecodable(str):
        __slots__ = ()

        def __lt__(self, other):
            return b"\xff".decode("utf-8")

        __gt__ = __lt__

    X, y = data[0], with_value(data[1].astype(object), 120, Undecodable("?"))
    scheduler = request.getfixturevalue("client") if where == "cluster" else "sync"
    with (
        dask.config.set(scheduler=scheduler),
        pytest.raises(UnicodeDecodeError) as caught,
    ):
        network().fit(chunked(X), chunked(y))
    assert caught.value.args == ("utf-8", b"\xff", 0, 1, "invalid start byte")
    assert caught.value.__notes__ == [note(1)]


def test_dask_is_imported_by_nobody_but_its_users():
    program = """
import sys
import numpy as np
from skneural import SoftmaxMLPClassifier
X = np.arange(20.0).reshape(10, 2)
model = SoftmaxMLPClassifier(2, alpha=1, tol=1.0).fit(X, X[:, 0] > 7, X_val=X, y_val=X[:, 0] > 7)
model.predict_proba(X), model.score(X, X[:, 0] > 7)
assert not [name for name in sys.modules if name.split(".")[0] in ("dask", "distributed")]
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)
