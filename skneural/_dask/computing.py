"""Computations with dask, on a cluster or in this process, and errors of a lost cluster."""

import sys
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from typing import Any


def task(value: Any) -> Any:
    """Wrap a value or a function for use in a dask graph."""
    from dask.delayed import delayed

    return delayed(value, pure=False, traverse=False)


def persist(values: list[Any]) -> list[Any]:
    """Compute the values once, and keep the results where they are."""
    from dask.base import persist

    with _lost_cluster_explained(_client(), values):
        return list(persist(*values))


def compute(values: list[Any]) -> list[Any]:
    """Compute the values, and fetch the results into this process."""
    from dask import config
    from dask.base import compute

    # The weights of large networks have to be sent, so a warning about their size helps nobody.
    quiet = {"distributed.admin.large-graph-warning-threshold": "1 TiB"}
    client = _client()
    with config.set(quiet), _lost_cluster_explained(client, values) as futures:
        if client is None:
            return list(compute(*values, traverse=False))
        futures += client.compute(values, traverse=False)
        with _seceded():
            return list(client.gather(futures))


def _client() -> Any:
    """Return the client of the cluster that computes, or None without a cluster."""
    from dask.base import get_scheduler

    owner = getattr(get_scheduler(), "__self__", None)
    distributed = sys.modules.get("distributed")
    return owner if distributed and isinstance(owner, distributed.Client) else None


@contextmanager
def _seceded() -> Iterator[None]:
    """If this is a task, let its worker run other tasks in the meantime."""
    from distributed import rejoin, secede

    with ExitStack() as stack:
        try:
            secede()
        except Exception:  # this is not a task, or it has already seceded
            pass
        else:
            stack.callback(rejoin)
        yield


@contextmanager
def _lost_cluster_explained(client: Any, values: list[Any]) -> Iterator[list[Any]]:
    """Explain errors of a lost cluster, and leave errors of tasks as they are.

    Yields a list, to which the futures of the results are added: errors of tasks are found there.
    """
    futures: list[Any] = []
    try:
        yield futures
    except Exception as error:
        if not _is_lost(client, error, futures, values):
            raise
        raise RuntimeError(
            "The dask cluster was lost, or did not answer, during a computation "
            f"({type(error).__name__}: {error}). The estimator is unchanged; connect to a "
            "cluster and call again."
        ) from error


def _is_lost(client: Any, error: Exception, futures: list[Any], values: list[Any]) -> bool:
    if any(future.status == "error" for future in futures):
        return False  # the error of a task, such as one that reads a file
    if client is not None and isinstance(error, CancelledError | OSError):
        return True
    # Once a client is closed, dask computes in this process, where its data are missing.
    distributed = sys.modules.get("distributed")
    kept = distributed.futures_of(values) if distributed else []
    return any(future.cancelled() for future in kept)
