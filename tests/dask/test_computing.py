"""Errors of tasks are raised as they are, those of a lost cluster are explained."""

import pickle
import threading
from concurrent.futures import CancelledError
from functools import partial

import cloudpickle
import numpy as np
import pytest

from skneural import SoftmaxMLPClassifier
from skneural._dask import dask_data
from skneural._dask.chunks import total_weight

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")

# Old versions warn of a local scheduler while a client is open, as that of other tests may be.
pytestmark = pytest.mark.filterwarnings("ignore:Running on a single-machine scheduler:UserWarning")

N, ROWS = 9000, (3000, 1, 2999, 3000)  # too many numbers to be gathered
LOST = "The dask cluster was lost, or did not answer"


@pytest.fixture(scope="module")
def data():
    X = np.random.default_rng(0).normal(size=(N, 10))
    return X, (X[:, 0] > 0).astype(int)


def chunked(values):
    return da.from_array(values, chunks=(ROWS, *values.shape[1:]))


def network(**parameters):
    return SoftmaxMLPClassifier(
        3, "tanh", alpha=1.0, random_state=0, **{"tol": 0.1, "max_iter": 100, **parameters}
    )


@pytest.fixture(params=["sync", "threads", "cluster"])
def scheduler(request):
    """Each place in turn where dask may compute."""
    is_cluster = request.param == "cluster"
    scheduler = request.getfixturevalue("client") if is_cluster else request.param
    with dask.config.set(scheduler=scheduler):
        yield


# --- Errors of tasks ------------------------------------------------------------------------


def failing(values, error):
    """The same chunks, of which one cannot be read."""

    def read(block, block_info):
        if block_info[0]["chunk-location"][0] == 2:
            raise error
        return block

    return chunked(values).map_blocks(read, dtype=values.dtype, meta=values[:0])


@pytest.mark.usefixtures("scheduler")
@pytest.mark.parametrize(
    "error", [OSError, FileNotFoundError, TimeoutError, ConnectionError, CancelledError, KeyError]
)
def test_an_error_of_a_chunk_is_raised_as_it_is(error, data):
    X, y = data
    model = network()
    with pytest.raises(error, match="part-7") as caught:
        model.fit(failing(X, error("part-7")), chunked(y))
    assert type(caught.value) is error
    with pytest.raises(error, match="part-7") as caught:
        model.fit(chunked(X), failing(y, error("part-7")))
    assert type(caught.value) is error
    assert not hasattr(model, "coefs_")


@pytest.mark.usefixtures("scheduler")
def test_an_error_of_labels_to_score_is_raised_as_it_is(data):
    X, y = data
    model = network(tol=0.5).fit(X, y)
    with pytest.raises(OSError, match="part-7"):
        model.score(X, failing(y, OSError("part-7")))


class ByValue:
    """A function that pickle can send; what the workers receive is the code itself."""

    def __init__(self, function):
        self._function = function

    def __call__(self, *arguments):
        return self._function(*arguments)

    def __reduce__(self):
        return cloudpickle.loads, (cloudpickle.dumps(self._function),)


@pytest.mark.usefixtures("scheduler")
@pytest.mark.parametrize("error", [OSError, TimeoutError])
def test_an_error_of_a_sum_is_raised_as_it_is(error, data):
    def fails(rows):
        raise error("no space left on device")

    rows, _ = dask_data(network(), *map(chunked, data), None, None, may_be_missing=False)
    with pytest.raises(error, match="no space left on device"):
        rows.reduce(ByValue(fails))


# --- A lost cluster -------------------------------------------------------------------------


class Watch(distributed.SchedulerPlugin):
    """Does something when the scheduler gets its n-th graph."""

    def __init__(self, n, happens):
        self._n_left = n
        self._happens = happens

    def update_graph(self, scheduler, **kwargs):
        self._n_left -= 1
        if not self._n_left:
            self._happens()


@pytest.mark.parametrize("lost", ["cluster", "scheduler"])
def test_a_cluster_lost_during_a_fit_is_a_clear_error_and_changes_nothing(
    lost, data, doomed_cluster
):
    model = network().fit(*data)
    before = pickle.dumps(model)
    with doomed_cluster.get_client() as client:
        close = {
            "cluster": doomed_cluster.close,
            "scheduler": lambda: client.loop.add_callback(doomed_cluster.scheduler.close),
        }
        thread = threading.Thread(target=close[lost])
        doomed_cluster.scheduler.add_plugin(Watch(20, thread.start))
        with pytest.raises(RuntimeError, match=LOST):
            model.set_params(tol=1e-9).fit(*map(chunked, data))
        thread.join()
    model.set_params(tol=0.1)
    assert pickle.dumps(model) == before
    assert model.predict(data[0]).shape == (N,)


@pytest.mark.parametrize("lost", ["client", "futures"])
def test_data_lost_between_two_sums_are_a_clear_error(lost, data, doomed_cluster):
    with doomed_cluster.get_client() as client:
        rows, _ = dask_data(network(), *map(chunked, data), None, None, may_be_missing=False)
        assert rows.reduce(total_weight).value == N
        lose = {
            "client": client.close,
            "futures": partial(client.cancel, distributed.futures_of(rows.parts)),
        }
        lose[lost]()
        for use in (partial(rows.reduce, total_weight), rows.first_row, rows.gather):
            with pytest.raises(RuntimeError, match=LOST):
                use()


@pytest.mark.parametrize("method", ["persist", "compute", "gather"])
@pytest.mark.parametrize(
    "error",
    [OSError, TimeoutError, CancelledError, distributed.comm.CommClosedError],
)
def test_a_cluster_that_does_not_answer_is_a_clear_error(method, error, data, cluster):
    def fails(*args, **kwargs):
        raise error("no answer")

    unreachable = type("UnreachableClient", (distributed.Client,), {method: fails})
    model = network()
    with (
        unreachable(cluster),
        pytest.raises(RuntimeError, match=rf"{LOST}.*\({error.__name__}: no answer\)"),
    ):
        model.fit(*map(chunked, data))
    assert not hasattr(model, "coefs_")


# --- Fits in tasks --------------------------------------------------------------------------


def test_fits_in_tasks_leave_their_threads_to_the_tasks_they_wait_for(client, data):
    def fit(tol):
        return network(tol=tol).fit(*map(chunked, data))

    tols = [0.1, 0.2]  # one for each thread of the cluster
    futures = client.map(fit, tols)
    distributed.wait(futures, timeout=300)
    for model, tol in zip(client.gather(futures), tols, strict=True):
        expected = fit(tol)
        assert model.loss_curve_ == expected.loss_curve_
        np.testing.assert_array_equal(model.coefs_[0], expected.coefs_[0])
