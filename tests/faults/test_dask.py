"""A cluster in the middle of a fit: workers that pause or answer wrongly, and a restart."""

import os
import pickle
import signal
import threading

import numpy as np
import pytest

from skneural._dask import chunks as tasks
from skneural._dask.rows import Whole
from tests.conftest import client_of, local_cluster
from tests.dask.conftest import needs_signals
from tests.dask.test_cluster import Watch, network, watched
from tests.estimators.helpers import same_fit

da = pytest.importorskip("dask.array")
dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


# A cluster of its own, as it is paused and restarted.
cluster = pytest.fixture(scope="module", name="cluster")(local_cluster)
client = pytest.fixture(scope="module", name="client")(client_of)


@pytest.fixture(scope="module")
def chunks():
    X = np.random.default_rng(0).normal(size=(9000, 10))
    return da.from_array(X, chunks=(3000, -1)), da.from_array((X[:, 0] > 0) + 0, chunks=3000)


@needs_signals
def test_a_worker_that_pauses_delays_the_fit_and_changes_no_bit(client, chunks):
    expected = network().fit(*chunks)
    (pid, _) = client.run(os.getpid).values()

    def pause():
        os.kill(pid, signal.SIGSTOP)
        threading.Timer(1, os.kill, [pid, signal.SIGCONT]).start()

    with watched(client.cluster, Watch(20, pause)) as watch:
        model = network().fit(*chunks)
    assert len(watch.graphs) > 20
    assert same_fit(model, expected)


def test_a_restart_in_the_middle_is_an_error_and_the_earlier_fit_stays(client, chunks):
    expected = network().fit(*chunks)
    model = network().fit(*chunks)
    restarts = []

    def restart():
        restarts.append(threading.Thread(target=client.restart))
        restarts[0].start()

    lost = r"(?s)cluster was lost.*The estimator is unchanged"
    with (
        watched(client.cluster, Watch(20, restart)),
        pytest.raises(RuntimeError, match=lost),
    ):
        model.set_params(tol=0.0, max_iter=1000).fit(*chunks)
    restarts[0].join()
    assert same_fit(model, expected)
    assert same_fit(network().fit(*chunks), expected)


def fewer(sums):
    sums.gradient = sums.gradient[:-1]
    return sums


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda sums: None, RuntimeError, "A dask worker returned None in place of sums"),
        (lambda sums: b"sums", RuntimeError, "Does it run the same version of skneural"),
        (fewer, ValueError, "shape"),
    ],
)
def test_sums_of_another_type_or_shape_are_errors_and_the_earlier_fit_stays(
    change, error, message, chunks, monkeypatch
):
    expected, model = network().fit(*chunks), network().fit(*chunks)
    merge_sums, answers = tasks.merge_sums, []

    def merge(sums):
        merged = merge_sums(sums)
        answers.append(merged)
        return change(merged) if len(answers) > 5 and hasattr(merged, "gradient") else merged

    monkeypatch.setattr(tasks, "merge_sums", merge)
    # A function: of a name, older versions of dask warn while there is a client.
    with dask.config.set(scheduler=dask.get), pytest.raises(error, match=message):
        model.set_params(tol=0.0, max_iter=1000).fit(*chunks)
    assert len(answers) > 5
    assert same_fit(model, expected)


def test_a_function_that_arrives_in_part_is_not_run():
    restore, (sent,) = Whole(tasks.merge_labels).__reduce__()
    assert restore(sent) is tasks.merge_labels
    for size in range(len(sent)):
        with pytest.raises((EOFError, pickle.UnpicklingError, ValueError)):
            restore(sent[:size])
