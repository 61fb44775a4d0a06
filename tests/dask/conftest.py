"""Clusters to lose."""

import os

import pytest

from tests.conftest import LOCAL

needs_signals = pytest.mark.skipif(os.name != "posix", reason="needs signals")


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
