"""Mapping a function over shards, one after another or with threads.

Each shard is processed by one thread. Meanwhile, BLAS is limited to one thread, and the shards use
as many threads as BLAS would have used. Limits set through threadpoolctl, joblib or the environment
are therefore respected.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from threading import Lock, get_ident, local
from typing import Any, ClassVar

from threadpoolctl import ThreadpoolController

THREADING_PAYS = 1e7  # multiplications in a pass; for fewer, waking threads costs too much

MapShards = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]
"""A function like the builtin `map`, for shards or layers: results come in order."""

_this_thread = local()


@contextmanager
def shard_map(work: float) -> Iterator[MapShards]:
    """Provide a `map` for shards that uses threads if they pay off.

    Parameters
    ----------
    work : float
        The number of multiplications in one pass over the shards.
    """
    with _BlasLimit.shared() as n_threads:
        if n_threads > 1 and work >= THREADING_PAYS:
            with ExitStack() as stack:
                yield _ShardThreads(n_threads, stack).map
        else:
            yield map


class _ShardThreads:
    """Threads for shards; only one `shard_map` of the process has them at a time.

    The others process their shards one after another, and try again at their next pass.
    """

    _turn = Lock()

    def __init__(self, n_threads: int, stack: ExitStack) -> None:
        self._n_threads = n_threads
        self._stack = stack
        self._pool: ThreadPoolExecutor | None = None

    def map(self, function: Callable[[Any], Any], shards: Iterable[Any]) -> Iterator[Any]:
        if self._pool is None and self._turn.acquire(blocking=False):
            self._stack.callback(self._turn.release)
            self._pool = self._stack.enter_context(ThreadPoolExecutor(self._n_threads))
        if self._pool is None:
            return map(function, shards)
        return self._pool.map(partial(_with_one_blas_thread, function), shards)


class _BlasLimit:
    """A limit of one BLAS thread, set by its first user and removed by its last.

    Most BLAS libraries have one limit for the whole process, and users in several threads share
    it. If a library has a limit for each thread, users in other threads do not see it and set
    their own.
    """

    _lock = Lock()  # guards the limits and their numbers of users
    _limits: ClassVar[list["_BlasLimit"]] = []

    def __init__(self, n_threads: int) -> None:
        self._thread = get_ident()
        self._n_users = 0
        self._n_threads = n_threads
        self._limiter = _blas().limit(limits=1)
        self._n_threads_left = _blas_threads()  # not 1 if another thread controls BLAS
        self._limits.append(self)

    @classmethod
    @contextmanager
    def shared(cls) -> Iterator[int]:
        """Limit BLAS, and yield the number of threads that it leaves to the caller."""
        with cls._lock:
            n_threads = _blas_threads()
            limit = cls(n_threads) if n_threads > 1 else cls._visible()
            if limit is not None:
                limit._n_users += 1
        if limit is None:  # BLAS has one thread anyway
            yield 1
            return
        try:
            yield limit._n_threads if limit._n_threads_left == 1 else 1
        finally:
            with cls._lock:
                limit._leave()

    @classmethod
    def _visible(cls) -> "_BlasLimit | None":
        """Return a limit that holds in this thread, preferably its own, if there is one."""
        own = (limit for limit in cls._limits if limit._thread == get_ident())
        return next(own, cls._limits[-1] if cls._limits else None)

    def _leave(self) -> None:
        self._n_users -= 1
        if self._n_users > 0:
            _allow_other_threads_to_limit()
            return
        self._limits.remove(self)
        if _blas_threads() == self._n_threads_left:  # otherwise, someone else changed it
            with self._limiter:  # which restores the original number of threads on exit
                pass


def _with_one_blas_thread(function: Callable[[Any], Any], shard: Any) -> Any:
    """The function of a shard; first limit BLAS, should it have a limit for each thread.

    An initializer of the pool would do so at a time of its own, even after a pass that other
    threads have finished. If a user's limit has ended by then, BLAS would lose its threads.
    """
    if not hasattr(_this_thread, "is_limited"):
        _blas().limit(limits=1)
        _allow_other_threads_to_limit()
        _this_thread.is_limited = True
    return function(shard)


def _allow_other_threads_to_limit() -> None:
    """Let any thread change the limit; threadpoolctl 3.8 ignores all but the one that set it."""
    for library in _blas().lib_controllers:
        if hasattr(library, "clear_controlling_thread"):
            library.clear_controlling_thread()


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")


def _blas_threads() -> int:
    return max((library.get_num_threads() for library in _blas().lib_controllers), default=1)


def _forget_other_threads() -> None:
    """Replace locks that another thread may have held when this process was forked.

    That thread does not exist here, so nobody would release them. Its limit on BLAS stays.
    """
    _ShardThreads._turn = Lock()
    _BlasLimit._lock = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_other_threads)
