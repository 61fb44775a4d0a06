"""How a function is mapped over shards: one after another, or by threads.

A shard is worked off by one thread. While shards run, BLAS keeps to one thread: the shards take
the threads that it would have used, so that limits set through threadpoolctl, joblib or the
environment are respected.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from threading import Condition
from typing import Any

from threadpoolctl import ThreadpoolController

THREADING_PAYS = 1e7  # multiplications per pass, below which waking threads costs too much

MapShards = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]
"""A function like the builtin `map`, for shards or layers: results come in order."""


@contextmanager
def shard_map(work: float) -> Iterator[MapShards]:
    """A `map` for shards that uses threads where `work`, in multiplications, is worth it.

    The limit on BLAS holds for the whole process, so it has one holder at a time. Whoever
    maps while another thread holds it goes without threads, and takes it over at the next
    pass over the shards once it is free.
    """
    with ExitStack() as stack:
        hold = _BlasHold(stack)
        n_threads = hold.acquire()
        if n_threads > 1 and work >= THREADING_PAYS:
            # Some BLAS libraries have a limit of their own in every thread.
            set_limit = partial(_blas().limit, limits=1)
            pool = stack.enter_context(ThreadPoolExecutor(n_threads, initializer=set_limit))
            yield pool.map
        else:
            yield hold.map


class _BlasHold:
    """Holds BLAS to one thread from the first `acquire` that succeeds until `stack` closes.

    The holder leaves only when no other thread is in the middle of a pass over its shards,
    which relies on the limit.
    """

    _state = Condition()  # guards the two below
    _is_held = False
    _n_relying = 0

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._is_holder = False

    def acquire(self) -> int:
        """How many threads BLAS leaves to the caller: as many as it had, or 1 if not held."""
        with self._state:
            if _BlasHold._is_held:
                return 1
            n_threads = _blas_threads()
            limit = _blas().limit(limits=1)
            _BlasHold._is_held = self._is_holder = True
            self._stack.callback(self._release, limit.__enter__())
        return n_threads if _blas_threads() == 1 else 1  # a thread that rules BLAS may refuse

    def _release(self, limit: Any) -> None:
        with self._state:
            self._state.wait_for(lambda: _BlasHold._n_relying == 0)
            limit.__exit__(None, None, None)
            _BlasHold._is_held = self._is_holder = False

    def map(self, function: Callable[[Any], Any], shards: Iterable[Any]) -> Iterator[Any]:
        with self._state:
            self.acquire()
            if self._is_holder:
                return map(function, shards)
            _BlasHold._n_relying += 1
        try:
            return iter([function(shard) for shard in shards])
        finally:
            with self._state:
                _BlasHold._n_relying -= 1
                self._state.notify_all()


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")


def _blas_threads() -> int:
    return max((library["num_threads"] for library in _blas().info()), default=1)
