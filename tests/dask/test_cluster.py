"""Fits on a cluster of processes: what is sent and what stays, and a worker that is killed."""

import os
import pickle
import signal
import warnings
from contextlib import contextmanager
from functools import partial

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from skneural import SoftmaxMLPClassifier
from skneural._dask.rows import Whole
from tests.dask.conftest import needs_signals

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")
distributed = pytest.importorskip("distributed")

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

ROWS = (3000, 1, 1499, 2500, 2000)  # too many numbers to be gathered
N = sum(ROWS)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 10))
    y = (X[:, 0] + X[:, 1] ** 2 / 4 + rng.normal(size=N) > 1).astype(int)
    return X, y


@pytest.fixture(scope="module")
def chunks(data):
    return tuple(da.from_array(each, chunks=(ROWS, *each.shape[1:])) for each in data)


def network(**parameters):
    defaults = {"alpha": 1.0, "tol": 1e-9, "max_iter": 12, "random_state": 0}
    return SoftmaxMLPClassifier(6, "tanh", **{**defaults, **parameters})


class Watch(distributed.SchedulerPlugin):
    """Records the graphs that the scheduler gets, and does something at the n-th."""

    name = "watch"

    def __init__(self, n=None, happens=None):
        self.graphs = []
        self._n = n
        self._happens = happens

    def update_graph(self, scheduler, *, tasks, **kwargs):
        self.graphs.append([str(key) for key in tasks])
        if len(self.graphs) == self._n:
            self._happens()


def count(graph, name):
    return sum(key.startswith(f"{name}-") for key in graph)


@contextmanager
def watched(cluster, watch):
    cluster.scheduler.add_plugin(watch)
    yield watch
    cluster.scheduler.remove_plugin(name=watch.name)


def received(dask_worker):
    """Names and sizes of the data that a worker received from others; clears the record."""
    keys = [(key, n) for one in dask_worker.transfer_incoming_log for key, n in one["keys"].items()]
    dask_worker.transfer_incoming_log.clear()
    return [(str(key), n) for key, n in keys]


def assert_same_bits(model, other):
    assert model.loss_curve_ == other.loss_curve_
    for a, b in zip(model.coefs_, other.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)


def test_fits_agree_with_those_in_memory_and_have_the_same_bits_each_time(client, data, chunks):
    model = network(alpha="auto", early_stopping=True, n_init=2, max_iter=3)
    weight = np.random.default_rng(1).integers(0, 20, N) / 10
    fits = [clone(model).set_params(n_jobs=n_jobs).fit(*chunks, weight) for n_jobs in (1, 2)]
    assert_same_bits(*fits)
    assert b"distributed" not in pickle.dumps(fits[1])
    expected = model.fit(*data, weight)
    np.testing.assert_allclose(fits[0].loss_curve_, expected.loss_curve_, rtol=1e-8)
    np.testing.assert_allclose(
        fits[0].predict_proba(chunks[0]).compute(), expected.predict_proba(data[0]), atol=1e-6
    )


def test_frames_of_a_cluster(client, data):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(data[0], columns=list("abcdefghij")).assign(label=data[1])
    lazy = dd.from_pandas(frame, npartitions=5)
    lazy = lazy[lazy["a"] > -1]
    X, y = lazy[list("abcdefghij")], lazy["label"].astype(str)
    model = network().fit(X, y)
    kept = frame[frame["a"] > -1]
    expected = network().fit(kept[list("abcdefghij")], kept["label"].astype(str))
    np.testing.assert_allclose(model.loss_curve_, expected.loss_curve_, rtol=1e-8)
    assert model.score(X, y) == expected.score(kept[list("abcdefghij")], kept["label"].astype(str))


def test_an_evaluation_is_one_round_trip_and_features_stay_where_they_are(client, data, chunks):
    n_graphs, n_evaluations = [], []
    client.run(received)
    for max_iter in (4, 12):
        with watched(client.cluster, Watch()) as watch:
            model = network(preconditioner=None, max_iter=max_iter).fit(*chunks)
        n_graphs.append(len(watch.graphs))
        n_evaluations.append(model.n_fev_)
    assert np.diff(n_graphs) == np.diff(n_evaluations) >= 8
    for graph in watch.graphs[-model.n_fev_ :]:
        # A function for all, sums of each chunk, and of all; and the chunks.
        counts = {name: count(graph, name) for name in ("sums_of", "merge_sums", "rows")}
        assert counts == {"sums_of": len(ROWS), "merge_sums": 1, "rows": len(ROWS)}
        assert len(graph) == 2 * len(ROWS) + 2
    for keys in client.run(received).values():
        functions = [key for key, _ in keys if key.startswith("function")]
        assert len(functions) == len(set(functions))  # with the weights of the network
        moved = [n for key, n in keys if key.startswith(("rows", "check_features"))]
        assert sum(moved) < 5 * data[0].nbytes  # to share the work, not for each evaluation


def test_dask_knows_how_large_chunks_are(client, data, chunks):
    tasks, sizes = client.cluster.scheduler.tasks, []
    before = set(tasks)

    def measure():
        new = [task for key, task in tasks.items() if key not in before and task.who_has]
        sizes.extend(task.nbytes for task in new if str(task.key).startswith("rows-"))

    with watched(client.cluster, Watch(20, measure)):
        network().fit(*chunks)
    assert data[0].nbytes <= sum(sizes) < 1.5 * data[0].nbytes


def test_large_networks_are_sent_without_a_warning(client):
    X = da.random.default_rng(0).normal(size=(80, 1000), chunks=(40, -1))
    model = SoftmaxMLPClassifier(
        1400, "tanh", alpha=1.0, preconditioner=None, max_iter=1, random_state=0
    ).fit(X, X[:, 0] > 0)
    assert model.coefs_[0].nbytes > 10 * 2**20


def test_arrays_in_functions_are_aligned_wherever_they_arrive():
    function = Whole(partial(np.add, np.arange(10_000.0)))
    sent_apart = []
    saved = pickle.dumps(function, protocol=5, buffer_callback=sent_apart.append)
    assert not sent_apart
    np.testing.assert_array_equal(pickle.loads(saved)(1), function(1))


@needs_signals
def test_a_fit_outlives_a_worker_that_is_killed(client, chunks):
    expected = network().fit(*chunks)
    (pid, _) = client.run(os.getpid).values()
    with watched(client.cluster, Watch(20, lambda: os.kill(pid, signal.SIGKILL))) as watch:
        model = network().fit(*chunks)
    assert len(watch.graphs) > 20
    client.wait_for_workers(2)
    assert pid not in client.run(os.getpid).values()
    assert_same_bits(model, expected)


def test_labels_and_weights_may_have_other_chunks_than_features(client):
    rng = np.random.default_rng(0)
    X, weight = rng.normal(size=(1200, 80)), rng.uniform(1, 2, 1200)
    y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5)
    model = SoftmaxMLPClassifier((4,), "tanh", alpha=1.0, max_iter=3, tol=0.0, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        expected = clone(model).fit(X, y, weight)
        for size in (500, 300, 700):
            collections = (
                da.from_array(part, chunks=chunks, name=False)  # new names each time
                for part, chunks in ((X, (400, 80)), (y, size), (weight, size + 1))
            )
            fitted = clone(model).fit(*collections)
            np.testing.assert_allclose(fitted.coefs_[0], expected.coefs_[0], rtol=1e-6)
