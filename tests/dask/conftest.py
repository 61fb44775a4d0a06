"""A cluster of processes, which all modules share, and clusters to lose."""

import pytest

# Without an address, the scheduler has an HTTP server on a fixed port, on all interfaces.
LOCAL = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0", "threads_per_worker": 1}


@pytest.fixture(scope="session")
def cluster():
    """Two processes on this machine, with a thread each."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, processes=True, **LOCAL) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def client(cluster):
    with cluster.get_client() as client:
        yield client


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
