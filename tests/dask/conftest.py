"""A cluster of processes, which all modules share, and clusters to lose."""

import os

import pytest

needs_signals = pytest.mark.skipif(os.name != "posix", reason="needs signals")

# Without an address, the scheduler has an HTTP server on a fixed port, on all interfaces.
LOCAL = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0", "threads_per_worker": 1}


def local_cluster():
    """Two processes on this machine, with a thread each."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, processes=True, **LOCAL) as cluster:
        yield cluster


def client_of(cluster):
    with cluster.get_client() as client:
        yield client


cluster = pytest.fixture(scope="session", name="cluster")(local_cluster)
client = pytest.fixture(scope="module", name="client")(client_of)


@pytest.fixture
def doomed_cluster():
    """A cluster to close; it is in this process, as that starts and ends at once."""
    dask = pytest.importorskip("dask")
    distributed = pytest.importorskip("distributed")
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "500ms"}),
        distributed.LocalCluster(n_workers=1, processes=False, protocol="tcp", **LOCAL) as cluster,
    ):
        yield cluster
