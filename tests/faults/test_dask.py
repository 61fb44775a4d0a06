"""Workers that pause, and a scheduler that restarts, in the middle of a fit on a cluster."""

import os
import signal
import threading

import numpy as np
import pytest

from tests.dask.conftest import client_of, local_cluster
from tests.dask.test_cluster import Watch, network, watched
from tests.estimators.helpers import same_fit

da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


# A cluster of its own, as it is paused and restarted.
cluster = pytest.fixture(scope="module", name="cluster")(local_cluster)
client = pytest.fixture(scope="module", name="client")(client_of)


@pytest.fixture(scope="module")
def chunks():
    X = np.random.default_rng(0).normal(size=(9000, 10))
    return da.from_array(X, chunks=(3000, -1)), da.from_array((X[:, 0] > 0) + 0, chunks=3000)


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
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
