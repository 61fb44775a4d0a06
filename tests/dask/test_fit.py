"""Fits on dask collections agree with those on the same rows in memory."""

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import clone

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N, ROWS = 8000, (3000, 1, 2499, 2500)  # too many numbers to be gathered
KINDS = ("binary", "multiclass", "multilabel-indicator", "multiclass-multioutput")


@pytest.fixture(autouse=True)
def _sync():
    with dask.config.set(scheduler="sync"):
        yield


def make_data(n=N, n_features=10):
    """Features, and labels of each kind."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, n_features)) * np.arange(1, n_features + 1)
    noise = rng.normal(size=(n, 3))
    z = np.column_stack([X[:, 0] + X[:, 1] ** 2 / 4, X[:, 1], X[:, 2] / 3]) + noise
    names = np.array(["a", "bb", "ccc"])[z.argmax(axis=1)]
    return X, {
        "binary": z[:, 0] > 1,
        "multiclass": names,
        "multilabel-indicator": (z > [0, 1, 2]).astype(int),
        "multiclass-multioutput": np.column_stack([names, np.where(z[:, 1] > 0, "u", "v")]),
    }


@pytest.fixture(scope="module")
def data():
    return make_data()


def chunked(values, rows=ROWS):
    return da.from_array(values, chunks=(rows, *values.shape[1:]))


def small(classifier, **parameters):
    """A network whose path is short: solvers amplify differences in rounding."""
    defaults = {"alpha": 1.0, "tol": 1e-2, "max_iter": 10, "random_state": 0}
    return classifier(4, "tanh", **{**defaults, **parameters})


def assert_same(model, other, rtol=1e-6):
    """They went the same way, to rounding."""
    assert model.n_iter_ == other.n_iter_
    assert model.stop_reason_ == other.stop_reason_
    for name in ("coefs_", "intercepts_", "alpha_", "loss_curve_", "validation_losses_"):
        for a, b in zip(getattr(model, name, []), getattr(other, name, []), strict=True):
            np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol)
    for a, b in zip(model.classes_, other.classes_, strict=True):
        np.testing.assert_array_equal(a, b)


def assert_agree(model, in_memory, *collections, rtol=1e-6):
    """Fits on all of these are the same; each is a dict of arguments."""
    expected = clone(model).fit(**in_memory)
    for each in collections:
        assert_same(clone(model).fit(**each), expected, rtol)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("alpha", [1.0, "auto"])
def test_every_kind_of_target(classifier, kind, alpha, data):
    X, y = data[0], data[1][kind]
    model = small(classifier, alpha=alpha)
    assert_agree(model, {"X": X, "y": y}, {"X": chunked(X), "y": chunked(y, (1000,) * 8)})


@pytest.mark.parametrize(
    ("parameters", "kind"),
    [
        ({"class_weight": "balanced"}, "multiclass"),
        ({"class_weight": {"a": 2.0, "bb": 0.0}}, "multiclass"),
        ({"class_weight": "balanced"}, "multilabel-indicator"),
        ({"class_weight": [{1: 3.0}, {}, {0: 0.5}]}, "multilabel-indicator"),
        ({"class_weight": [{"a": 2.0}, {"u": 0.5}]}, "multiclass-multioutput"),
        ({"label_smoothing": 0.1}, "multiclass"),
        ({"preconditioner": None}, "binary"),
        ({"preconditioner": "kronecker"}, "binary"),
        ({"preconditioner": "diagonal"}, "binary"),
        ({"solver": "newton-cg", "max_iter": 5}, "multiclass"),
        ({"n_init": 3, "n_jobs": 2}, "multiclass"),
        ({"early_stopping": True, "alpha": "auto"}, "multiclass"),
        ({"early_stopping": True}, "multilabel-indicator"),
        ({"missing_labels": "ignore"}, "binary"),
    ],
)
def test_every_parameter_with_weights_some_of_them_zero(classifier, parameters, kind, data):
    X, y = data[0], data[1][kind]
    weight = np.random.default_rng(1).integers(0, 20, N) / 10
    weight[3000:3001] = 0  # all of a chunk
    model = small(classifier, **parameters)
    assert_agree(
        model,
        {"X": X, "y": y, "sample_weight": weight},
        {"X": chunked(X), "y": chunked(y), "sample_weight": chunked(weight, (8000,))},
    )


@pytest.mark.parametrize("dtype", [np.float32, np.uint8, bool, np.int64, ">f8"])
def test_features_of_every_dtype(dtype, data):
    X, y = np.clip(data[0] + 5, 0, 9).astype(dtype), data[1]["binary"]
    rtol = 2e-3 if dtype == np.float32 else 1e-6
    model = small(SoftmaxMLPClassifier)
    assert_agree(model, {"X": X, "y": y}, {"X": chunked(X), "y": chunked(y)}, rtol=rtol)
    weights = model.fit(chunked(X), chunked(y)).coefs_
    assert {w.dtype.name for w in weights} == {"float32" if dtype == np.float32 else "float64"}


@pytest.mark.parametrize("n_rows", [100, N])  # gathered, or not
@pytest.mark.parametrize("sparse", [0, 1])
def test_dense_chunks_and_sparse_ones_may_be_mixed(classifier, sparse, n_rows, data):
    X, y = data[0][:n_rows], data[1]["binary"][:n_rows]
    half = n_rows // 2
    lazy = chunked(X, half).map_blocks(
        lambda block, block_info: (
            sp.csr_array(block) if block_info[0]["chunk-location"][0] == sparse else block
        ),
        dtype=float,
        meta=X[:0],
    )
    model = small(classifier)
    assert_agree(model, {"X": X, "y": y}, {"X": lazy, "y": chunked(y, half)})


def test_sparse_chunks(classifier, data):
    y = data[1]["multiclass"]
    X = sp.csr_array(np.where(np.random.default_rng(0).uniform(size=(N, 30)) < 0.2, 1.5, 0))
    X = X + sp.csr_array((np.ones(N), np.unique(y, return_inverse=True)[1], range(N + 1)), X.shape)
    lazy = da.from_array(np.arange(N), chunks=(ROWS,)).map_blocks(
        lambda rows: X[rows], new_axis=1, chunks=(ROWS, (30,)), dtype=float, meta=X[:0]
    )
    model = small(classifier)
    assert_agree(model, {"X": X, "y": y}, {"X": lazy, "y": chunked(y)})
    expected = model.fit(X, y).predict_proba(X)
    np.testing.assert_allclose(model.predict_proba(lazy).compute(), expected, rtol=1e-12)


@pytest.mark.parametrize("dtype", [None, "category", "string[python]", "string[pyarrow]"])
def test_frames_with_names_of_features_and_series_of_labels(dtype, data):
    frame = pd.DataFrame(data[0], columns=list("abcdefghij"))
    frame["a"] = (frame["a"] > 0).astype("boolean")
    frame["b"] = frame["b"].astype(np.float32)
    labels = pd.Series(data[1]["multiclass"], name="label").astype(dtype or "object")
    lazy = dd.from_pandas(frame.assign(label=labels), npartitions=3)
    model = small(SoftmaxMLPClassifier)
    X, y = lazy[list("abcdefghij")], lazy["label"]
    columns = {"X": X, "y": y}, {"X": X, "y": lazy[["label"]]}
    assert_agree(model, {"X": frame, "y": labels}, *columns)
    assert list(model.fit(X, y).feature_names_in_) == list("abcdefghij")
    assert model.predict(X).compute().tolist() == model.predict(frame).tolist()


def test_frames_of_several_labels(data):
    X, Y = data[0], data[1]["multiclass-multioutput"]
    lazy = dd.from_pandas(pd.DataFrame(Y, columns=["one", "two"]), npartitions=4)
    assert_agree(
        small(SigmoidMLPClassifier), {"X": X, "y": Y.astype(object)}, {"X": chunked(X), "y": lazy}
    )


@pytest.mark.parametrize("dtype", ["Int64", "boolean"])
def test_columns_of_labels_have_their_own_type(dtype, data):
    numbers = pd.Series(data[1]["binary"], dtype=dtype)
    Y = pd.DataFrame({"name": data[1]["multiclass"].astype(object), "number": numbers})
    X, model = data[0], small(SigmoidMLPClassifier)
    lazy = dd.from_pandas(Y, npartitions=4)
    for y in (Y, lazy):
        assert_agree(model, {"X": X, "y": Y}, {"X": chunked(X), "y": y})
    for y in (numbers, lazy["number"]):
        assert_agree(model, {"X": X, "y": numbers}, {"X": chunked(X), "y": y})
    assert model.fit(chunked(X), lazy).classes_[1].dtype == dtype.lower().removesuffix("ean")
    np.testing.assert_array_equal(model.predict(chunked(X)).compute(), model.predict(X))
    assert model.score(chunked(X), lazy) == model.score(X, Y)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multiclass-multioutput"])
def test_classes_that_do_not_occur(classifier, kind, data):
    X, y = data[0], data[1][kind]
    given = {
        "binary": [False, True],
        "multiclass": ["a", "bb", "ccc", "dddd"],
        "multiclass-multioutput": [["a", "bb", "ccc"], ["u", "v", "w"]],
    }
    classes = given[kind]
    in_memory = {"X": X, "y": y, "classes": classes}
    assert_agree(small(classifier), in_memory, {**in_memory, "X": chunked(X), "y": chunked(y)})


def test_labels_and_weights_in_memory_beside_chunks_and_the_other_way_round(classifier, data):
    X, y = data[0], data[1]["multiclass"]
    weight = np.linspace(0, 1, N)
    in_memory = {"X": X, "y": y, "sample_weight": weight}
    model = small(classifier)
    beside = {"X": chunked(X), "y": y.tolist(), "sample_weight": pd.Series(weight)}
    assert_agree(model, in_memory, beside)
    lazy = {"X": X, "y": chunked(y), "sample_weight": dd.from_pandas(pd.Series(weight))}
    assert_agree(model, in_memory, lazy, rtol=0)


def test_soft_labels(classifier, data):
    X, y = data[0], data[1]["multiclass"]
    classes, codes = np.unique(y, return_inverse=True)
    P = 0.8 * np.eye(3)[codes] + 0.2 / 3
    P[:3000] = np.eye(3)[codes[:3000]]  # a chunk of what might be labels
    for labels in (P, np.eye(3)[codes]):
        in_memory = {"X": X, "y": labels, "classes": classes}
        lazy = {"X": chunked(X), "y": chunked(labels), "classes": classes}
        assert_agree(small(classifier, class_weight="balanced"), in_memory, lazy)
        assert_agree(small(classifier, early_stopping=True), in_memory, lazy)


def test_missing_labels(classifier, data):
    X, Y = data[0], data[1]["multilabel-indicator"].astype(float)
    Y[np.random.default_rng(0).uniform(size=Y.shape) < 0.3] = np.nan
    Y[3000:3001] = np.nan  # nothing is known of a chunk
    model = small(classifier, missing_labels="ignore", class_weight="balanced")
    assert_agree(model, {"X": X, "y": Y}, {"X": chunked(X), "y": chunked(Y)})


@pytest.mark.parametrize("kind", KINDS)
def test_validation_data_in_chunks_and_in_memory(classifier, kind, data):
    X, y = data[0], data[1][kind]
    weight = np.linspace(0, 1, N)
    model = small(classifier, early_stopping=True, n_iter_no_change=3)
    given = {"X_val": X[::-2], "y_val": y[::-2], "sample_weight_val": weight[::2]}
    lazy = {name: chunked(part, (1500, 2500)) for name, part in given.items()}
    in_memory, chunks = {"X": X, "y": y}, {"X": chunked(X), "y": chunked(y)}
    collections = ({**chunks, **lazy}, {**chunks, **given}, {**in_memory, **lazy})
    assert_agree(model, {**in_memory, **given}, *collections)


def test_more_output_units_than_have_exact_roots(classifier):
    X, _ = make_data(n_features=12)
    y = np.digitize(X[:, 0], np.quantile(X[:, 0], np.linspace(0, 1, 41)[1:-1]))
    model = small(classifier, alpha="auto", tol=0.1)
    assert_agree(model, {"X": X, "y": y}, {"X": chunked(X), "y": chunked(y)}, rtol=1e-5)


@pytest.mark.parametrize("most_blocks", [2**20, 3000])
@pytest.mark.parametrize("early_stopping", [True, False])
@pytest.mark.parametrize("fetched", [2**20, 30_000, 0])  # samples: all, some, none
def test_stages_on_samples_of_rows_and_of_blocks(most_blocks, early_stopping, fetched, monkeypatch):
    monkeypatch.setattr("skneural._data.stratify.MOST_BLOCKS", most_blocks)
    monkeypatch.setattr("skneural._dask.rows.FETCHED_NUMBERS", fetched)
    X, labels = make_data(22_500, 5)
    y = labels["multiclass"]
    model = small(SoftmaxMLPClassifier, alpha="auto", max_iter=50, early_stopping=early_stopping)
    rows = (7001, 499, 15_000)
    lazy = {"X": chunked(X, rows), "y": chunked(y, rows)}
    assert_agree(model, {"X": X, "y": y}, lazy, rtol=1e-5)


def test_small_data_have_the_same_bits_as_in_memory(classifier, targets_of_each_kind, iris):
    X = iris[0]
    for y in targets_of_each_kind.values():
        rows = (70, 0, 1, 79)
        model = small(classifier, alpha="auto")
        lazy = {"X": chunked(X, rows), "y": chunked(y, rows)}
        assert_agree(model, {"X": X, "y": y}, lazy, rtol=0)
        frame = dd.from_pandas(pd.DataFrame(X), npartitions=4)
        assert_agree(model, {"X": pd.DataFrame(X), "y": y}, {"X": frame, "y": y}, rtol=0)


def test_the_scheduler_of_threads_gives_the_same_bits(data):
    lazy = {"X": chunked(data[0]), "y": chunked(data[1]["multiclass"])}
    model = small(SoftmaxMLPClassifier, n_init=2, n_jobs=2)
    expected = clone(model).fit(**lazy)
    with dask.config.set(scheduler="threads", num_workers=2):
        assert_same(model.fit(**lazy), expected, rtol=0)


def test_warm_start_continues_on_chunks(data):
    X, y = data[0], data[1]["binary"]
    model = small(SoftmaxMLPClassifier, warm_start=True, tol=3e-2).fit(chunked(X), chunked(y))
    other = clone(model).fit(X, y)
    for each in (model, other):
        each.set_params(tol=1e-2)
    assert_same(model.fit(chunked(X), chunked(y)), other.fit(X, y))


def test_nothing_of_dask_is_left_in_what_was_fitted(classifier, data):
    X, y = chunked(data[0]), chunked(data[1]["multiclass"])
    model = small(classifier).fit(X, y, X_val=X, y_val=y)
    saved = pickle.dumps(model)
    assert b"dask" not in saved
    expected = model.predict_proba(data[0])
    np.testing.assert_array_equal(pickle.loads(saved).predict_proba(data[0]), expected)
    assert not hasattr(clone(model), "coefs_")
