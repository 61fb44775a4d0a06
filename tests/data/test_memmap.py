"""Data on disk, larger than memory: read block by block, never copied or converted as a whole.

What is allocated is measured by `tracemalloc`, to which numpy reports, and compared for two
numbers of rows. BLAS is held to one thread, as each thread has blocks of its own.
"""

import tracemalloc
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits

from skneural import SoftmaxMLPClassifier
from skneural._data import stratify as _stratify
from skneural._data.rows import Rows
from skneural._data.threads import shard_map
from skneural._inputs import distinct as _distinct
from skneural._inputs import weights as _weights
from skneural._network.activations import ACTIVATIONS
from skneural._network.network import Network
from skneural._network.objective import Objective
from skneural._network.row_sums import log_loss
from skneural._network.sigmoid import SigmoidOutput
from skneural._network.softmax import SoftmaxOutput

DTYPES = ["float32", "float64", "uint8", "int16", "int64", "bool", ">f4", ">f8", ">i2"]
N_FEATURES = 32
FEW, MANY, VERY_MANY = 40_000, 60_000, 200_000


def features(n_rows, dtype):
    values = np.random.default_rng(0).integers(0, 2 if dtype == "bool" else 100, (n_rows, 16))
    return np.tile(values, N_FEATURES // 16).astype(dtype)


def on_disk(folder, X):
    """The same array as a file, opened to be read only."""
    path = folder / f"{len(X)}_{X.dtype.str[1:]}"
    X.tofile(path)
    return np.memmap(path, dtype=X.dtype, mode="r", shape=X.shape)


def labels(X, kind):
    """A single label for each row, or three: by which features are large."""
    Y = (X[:, :3] > X[:, 3:6]).astype(np.int8)
    return Y if kind == "multilabel" else Y.sum(axis=1)


def fitted(network, *data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return network.fit(*data)


def allocated(function):
    """The result, and the most bytes that were held at a time, beyond those before the call."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        result = function()
        return result, tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def bytes_per_row(measure, many):
    """By how much what `measure` gives for a number of rows grows for each row more.

    The least of three counts, of many rows: other threads, such as those of a cluster, allocate
    some hundred kilobytes now and then, and some things are allocated only once.
    """
    with threadpool_limits(1, user_api="blas"):
        least_few, least = (min(measure(n_rows) for _ in range(3)) for n_rows in (FEW, many))
    return (least - least_few) / (many - FEW)


@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_fit_and_predictions_from_disk_have_the_bits_of_those_from_memory(
    classifier, dtype, kind, tmp_path
):
    X = features(2000, dtype)
    y, mapped = labels(X, kind), on_disk(tmp_path, X)
    network = classifier((8,), max_iter=5, random_state=0)
    seen, expected = (results(fitted(network, values, y), values) for values in (mapped, X))
    for one, other in zip(seen, expected, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype


def results(model, X):
    """Weights and predictions."""
    methods = model.predict, model.predict_proba, model.transform, model.decision_function
    return [*model.coefs_, *model.intercepts_, *(method(X) for method in methods)]


SETTINGS = {
    "all rows": {"max_iter": 2},
    "sampled stages": {"max_iter": 52},
    "early stopping": {"max_iter": 52, "early_stopping": True},
    "balanced": {"max_iter": 2, "class_weight": "balanced"},
}


@pytest.mark.parametrize("kind", ["multiclass", "multilabel", "weighted"])
@pytest.mark.parametrize("setting", SETTINGS)
def test_what_a_fit_allocates_does_not_grow_with_the_rows(setting, kind, tmp_path, monkeypatch):
    monkeypatch.setattr(_stratify, "MOST_BLOCKS", 2**10)  # as if there were millions of rows
    monkeypatch.setattr(_weights, "BLOCK_ROWS", 2**10)
    monkeypatch.setattr(_distinct, "BLOCK_LABELS", 2**10)

    def measure(n_rows):
        X = features(n_rows, "float32")
        mapped, y = on_disk(tmp_path, X), labels(X, kind)
        weight = [np.linspace(0.5, 1.5, n_rows)] if kind == "weighted" else []
        network = SoftmaxMLPClassifier((4,), tol=0, random_state=0, **SETTINGS[setting])
        return allocated(lambda: fitted(network, mapped, y, *weight))[1]

    # A row has 128 bytes. Codes of labels take 1 byte each, blocks of slices a fraction of one.
    assert bytes_per_row(measure, MANY) < 4


@pytest.mark.parametrize("dtype", ["uint8", "float64"])
@pytest.mark.parametrize("method", ["predict", "predict_proba", "transform", "decision_function"])
def test_predictions_allocate_their_result_and_blocks(method, dtype, tmp_path):
    X = features(VERY_MANY, dtype)
    network = fitted(SoftmaxMLPClassifier((4,), max_iter=1), X[:1000], labels(X[:1000], ""))

    def measure(n_rows):
        mapped = on_disk(tmp_path, X[:n_rows])
        result, peak = allocated(lambda: getattr(network, method)(mapped))
        return peak - result.nbytes

    assert bytes_per_row(measure, VERY_MANY) < 4  # a copy of the result has at least 8


@pytest.mark.parametrize("dtype", ["float32", "float64", ">f4", ">f8"])
@pytest.mark.parametrize(("bad", "name"), [(np.nan, "NaN"), (np.inf, "infinity")])
def test_one_number_in_the_last_row_that_is_not_finite_is_found(dtype, bad, name, tmp_path):
    X = features(MANY, dtype)
    y = labels(X, "")
    X[-1, -1] = bad
    mapped = on_disk(tmp_path, X)
    del X

    def refused():
        with pytest.raises(ValueError, match=f"X contains {name}"):
            SoftmaxMLPClassifier().fit(mapped, y)

    assert allocated(refused)[1] < mapped.nbytes / 10


def sparse_rows(n_rows, n_features=100_000, per_row=50):
    """Ones in random places, of which the first are the more frequent, as words are."""
    rng = np.random.default_rng(0)
    places = np.sort((n_features * rng.random((n_rows, per_row)) ** 3).astype(np.int32), axis=1)
    starts = np.arange(0, places.size + 1, per_row, dtype=np.int32)
    ones = np.ones(places.size, dtype=np.float32)
    X = sp.csr_array((ones, places.ravel(), starts), shape=(n_rows, n_features))
    return X, (places[:, 0] > np.median(places[:, 0])).astype(np.int8)


def test_sparse_rows_with_many_features_are_not_made_dense():
    X, y = sparse_rows(20_000)  # 8 gigabytes if it were dense
    network = SoftmaxMLPClassifier((4,), max_iter=4, tol=0, random_state=0)
    with threadpool_limits(2, user_api="blas"):
        model, peak = allocated(lambda: fitted(network, X, y))
    vector = 8 * model.coefs_[0].size  # scipy's L-BFGS alone holds 25 of those
    assert peak < 60 * vector + 2 * X.data.nbytes
    assert model.score(X, y) > 0.8


def test_shards_that_wait_to_be_added_up_hold_one_gradient_each():
    X, y = sparse_rows(30_000)
    network = Network(X.shape[1], [4], [ACTIVATIONS["relu"]], SoftmaxOutput((2,)))
    rows = Rows(X, y[:, None], np.ones(len(y)), block_rows=500)
    assert len(rows.shards) == 16
    theta = network.initial_weights(np.random.RandomState(0))
    vector = 4 * network.n_parameters
    with threadpool_limits(4, user_api="blas"), shard_map(np.inf) as map_shards:
        objective = Objective(network, rows, np.ones(2), map_shards)
        held = allocated(lambda: objective(theta))[1]
    # In each of four threads a sum, a block's gradient, and what goes into that; 12 that wait; and
    # a few in float64.
    assert held < (4 * 3 + 12 + 3 * 2) * vector


N_UNITS = 5000
WIDE = {
    "classes of a softmax": ([3], SoftmaxOutput((N_UNITS,))),
    "classes of sigmoids": ([3], SigmoidOutput((N_UNITS,))),
    "labels": ([3], SigmoidOutput((2,) * N_UNITS)),
    "hidden units": ([N_UNITS], SoftmaxOutput((3,))),
}


def wide(kind):
    """The sums over some rows of a network with a layer of many units, and its weights."""
    hidden, output = WIDE[kind]
    rng = np.random.default_rng(0)
    network = Network(4, hidden, [ACTIVATIONS["tanh"]], output)
    n_classes, n_targets = (2, N_UNITS) if kind == "labels" else (output.coding.n_units, 1)
    codes = rng.integers(n_classes, size=(2048, n_targets)).astype(np.int16)
    rows = Rows(rng.normal(size=(2048, 4)), codes, np.ones(2048))
    theta = network.initial_weights(np.random.RandomState(0))

    def sums(map_shards=map):
        objective = Objective(network, rows, np.ones(2), map_shards)
        products = objective.linearize(theta)(theta)
        return *objective(theta), products, log_loss(network, rows, theta, map_shards)

    return sums


@pytest.mark.parametrize("kind", WIDE)
def test_blocks_of_wide_layers_have_few_rows(kind):
    block = 8 * 2**20  # 2048 rows would be ten times as many
    assert allocated(wide(kind))[1] < 20 * block


def test_sums_of_wide_layers_have_the_same_bits_for_any_number_of_threads():
    sums = wide("classes of sigmoids")
    results = []
    for n_threads in (1, 2, 4):
        with threadpool_limits(n_threads, user_api="blas"), shard_map(np.inf) as map_shards:
            results.append(sums(map_shards))
    for others in results[1:]:
        for one, other in zip(results[0], others, strict=True):
            np.testing.assert_array_equal(one, other)


def test_predictions_of_many_classes_allocate_their_result_and_few_rows():
    X = np.random.default_rng(0).normal(size=(N_UNITS, 4))
    y = np.tile(np.arange(N_UNITS // 2), 2)
    model = fitted(SoftmaxMLPClassifier((3,), alpha=1.0, max_iter=1), X, y)
    with threadpool_limits(1, user_api="blas"):
        for method in ("predict", "predict_proba", "decision_function"):
            result, peak = allocated(lambda method=method: getattr(model, method)(X))
            assert peak - result.nbytes < 6 * 8 * 2**20  # a copy of the probabilities has 100 MB
