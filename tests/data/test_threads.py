"""Threads for shards, and the limit on BLAS, with fits that overlap in several threads."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_info, threadpool_limits

from skneural._data.threads import THREADING_PAYS, _BlasLimit, shard_map

TIMEOUT = 60  # seconds until a test that hangs fails


def blas_threads():
    return {
        library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"
    }


pytestmark = pytest.mark.skipif(not blas_threads(), reason="threadpoolctl finds no BLAS here")


def set_blas_threads(n_threads):
    """Set the number for the process, by a thread that ends: it controls BLAS no longer."""
    thread = threading.Thread(target=threadpool_limits, args=(n_threads, "blas"))
    thread.start()
    thread.join()


@pytest.fixture
def four_blas_threads():
    """BLAS has four threads, and again after the test, when any thread may limit it."""
    (before,) = blas_threads()
    set_blas_threads(4)
    yield
    assert blas_threads() == {4}
    with threadpool_limits(3, "blas"):
        assert blas_threads() == {3}
    assert blas_threads() == {4}
    set_blas_threads(before)


class Fit:
    """A thread of its own that enters `shard_map`, makes passes over shards, and leaves."""

    def __init__(self, work=np.inf):
        self._executor = ThreadPoolExecutor(1)
        self._context = shard_map(work)
        self._map = None
        self._ident = self.run(threading.get_ident)

    def run(self, function, *arguments):
        """The result of a function in the thread of the fit."""
        return self._executor.submit(function, *arguments).result(TIMEOUT)

    def enter(self):
        self._map = self.run(self._context.__enter__)
        return self

    def start(self, function, n_shards=2):
        """Begin a pass; the future of its results."""
        return self._executor.submit(lambda: list(self._map(function, range(n_shards))))

    def has_threads(self):
        """Make a pass; whether it used other threads, in each of which BLAS had one."""
        seen = self.start(lambda _: (threading.get_ident(), blas_threads())).result(TIMEOUT)
        assert [limit for _, limit in seen] == [{1}] * len(seen)
        return self._ident not in {ident for ident, _ in seen}

    def leave(self):
        self.run(self._context.__exit__, None, None, None)


class Gate:
    """A shard that waits until it is opened."""

    def __init__(self):
        self.is_reached = threading.Event()
        self.open = threading.Event()

    def __call__(self, _):
        self.is_reached.set()
        assert self.open.wait(TIMEOUT)
        return blas_threads()


@pytest.mark.parametrize("n_threads", [2, 4])
def test_shards_take_the_threads_that_blas_would_have_used(n_threads):
    meeting = threading.Barrier(n_threads)

    def shard(_):
        meeting.wait(TIMEOUT)  # passes only if so many shards run at the same time
        return blas_threads()

    with threadpool_limits(n_threads, user_api="blas"):
        with shard_map(THREADING_PAYS) as map_shards:
            assert list(map_shards(shard, range(n_threads))) == [{1}] * n_threads
        assert blas_threads() == {n_threads}


@pytest.mark.parametrize(("limit", "work"), [(1, 1e12), (4, THREADING_PAYS - 1)])
def test_no_threads_where_blas_has_one_or_the_work_is_small(limit, work):
    with threadpool_limits(limit, user_api="blas"), shard_map(work) as map_shards:
        idents = list(map_shards(lambda _: threading.get_ident(), range(4)))
    assert set(idents) == {threading.get_ident()}


def test_nothing_is_limited_where_blas_has_one_thread(monkeypatch):
    with threadpool_limits(1, user_api="blas"):
        monkeypatch.delattr(ThreadpoolController, "limit")
        with shard_map(np.inf) as map_shards:
            assert list(map_shards(lambda _: blas_threads(), range(2))) == [{1}] * 2


def test_where_threadpoolctl_finds_no_blas_there_are_no_threads(monkeypatch):
    nothing = ThreadpoolController().select(prefix="nothing")
    monkeypatch.setattr("skneural._data.threads._blas", lambda: nothing)
    with shard_map(np.inf) as map_shards:
        assert map_shards is map


@pytest.mark.usefixtures("four_blas_threads")
@pytest.mark.parametrize("work", [0, np.inf])
@pytest.mark.parametrize("n_others", [1, 3])
def test_a_fit_ends_while_others_are_in_the_middle_of_a_pass(n_others, work):
    first = Fit().enter()
    assert first.has_threads()
    others = [Fit(work).enter() for _ in range(n_others)]
    gates = [Gate() for _ in others]
    passes = [fit.start(gate, 1) for fit, gate in zip(others, gates, strict=True)]
    for gate in gates:
        assert gate.is_reached.wait(TIMEOUT)
    first.leave()
    for fit, gate, result in zip(others, gates, passes, strict=True):
        gate.open.set()
        assert result.result(TIMEOUT) == [{1}]
        fit.leave()


@pytest.mark.usefixtures("four_blas_threads")
def test_threads_go_to_one_fit_at_a_time_and_are_taken_over_at_the_next_pass():
    first, second = Fit().enter(), Fit().enter()
    assert first.has_threads()
    assert not second.has_threads()
    first.leave()
    third = Fit().enter()  # BLAS is still limited, but has four threads to give
    assert third.has_threads()
    assert not second.has_threads()
    third.leave()
    assert second.has_threads()
    second.leave()


@pytest.mark.usefixtures("four_blas_threads")
@pytest.mark.parametrize("seed", range(5))
def test_in_any_order_blas_is_limited_until_the_last_fit_ends(seed):
    rng = np.random.default_rng(seed)
    inside = []
    for _ in range(30):
        step = rng.integers(3)
        if step == 0 or not inside:
            inside.append(Fit().enter())
        elif step == 1:
            inside.pop(rng.integers(len(inside))).leave()
        else:
            order = rng.permutation(len(inside))
            assert sum([inside[i].has_threads() for i in order]) == 1
        assert blas_threads() == {1 if inside else 4}
    for fit in inside:
        fit.leave()


@pytest.mark.usefixtures("four_blas_threads")
def test_many_fits_at_the_same_time():
    def fit(_):
        with shard_map(np.inf) as map_shards:
            for _ in range(3):
                assert list(map_shards(lambda _: blas_threads(), range(4))) == [{1}] * 4

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(fit, range(20)))


@pytest.mark.usefixtures("four_blas_threads")
def test_a_fit_within_a_fit_goes_without_threads():
    ident = threading.get_ident()
    with shard_map(np.inf) as outer:
        assert ident not in outer(lambda _: threading.get_ident(), range(2))
        with shard_map(np.inf) as inner:
            assert set(inner(lambda _: threading.get_ident(), range(2))) == {ident}
        assert blas_threads() == {1}
        assert ident not in outer(lambda _: threading.get_ident(), range(2))


@pytest.mark.usefixtures("four_blas_threads")
@pytest.mark.parametrize("is_first", [True, False])
def test_an_error_in_a_pass_ends_what_its_fit_held(is_first):
    def fails(_):
        raise ZeroDivisionError

    other = Fit().enter()
    if not is_first:
        assert other.has_threads()
    with pytest.raises(ZeroDivisionError), shard_map(np.inf) as map_shards:
        list(map_shards(fails, range(4)))
    assert blas_threads() == {1}
    assert other.has_threads()
    other.leave()


@pytest.mark.usefixtures("four_blas_threads")
def test_a_limit_that_fails_leaves_all_as_it_was(monkeypatch):
    def fails(*args, **kwargs):
        raise OSError("no limit")

    def enter():
        with shard_map(np.inf):
            pass

    with monkeypatch.context() as patch:
        patch.setattr(ThreadpoolController, "limit", fails)
        with pytest.raises(OSError, match="no limit"):
            enter()
    assert blas_threads() == {4}
    fit = Fit().enter()
    assert fit.has_threads()
    with monkeypatch.context() as patch:
        patch.setattr(ThreadpoolController, "limit", fails)
        enter()  # the limit is there already
    fit.leave()


@pytest.mark.usefixtures("four_blas_threads")
def test_a_limit_of_the_user_that_outlives_the_fits_of_other_threads():
    with threadpool_limits(2, user_api="blas"):
        with shard_map(np.inf):
            other = Fit().enter()
        assert blas_threads() == {1}
        other.leave()
        assert blas_threads() == {2}


@pytest.mark.usefixtures("four_blas_threads")
@pytest.mark.parametrize("makes_a_pass", [True, False])
def test_a_limit_of_the_user_that_ends_before_the_fits_of_other_threads(makes_a_pass):
    with threadpool_limits(2, user_api="blas"):
        with shard_map(np.inf):
            other = Fit().enter()
        if makes_a_pass:
            assert other.has_threads()
    assert blas_threads() == {4}  # as the user's limit requires
    other.leave()
    assert blas_threads() == {4}


@pytest.mark.usefixtures("four_blas_threads")
def test_no_thread_limits_blas_after_the_pass(monkeypatch):
    limit, began, ended = ThreadpoolController.limit, [], []

    def slow(*args, **kwargs):
        began.append(None)
        if len(began) > 1:  # the first thread could make the whole pass meanwhile
            time.sleep(0.2)
        limiter = limit(*args, **kwargs)
        ended.append(None)
        return limiter

    fit = Fit().enter()
    with monkeypatch.context() as patch:
        patch.setattr(ThreadpoolController, "limit", slow)
        assert fit.has_threads()
        assert len(ended) == len(began) > 0
    fit.leave()


def test_a_thread_that_may_not_limit_blas_goes_without_threads():
    with threadpool_limits(4, user_api="blas"):  # since threadpoolctl 3.8, only by this thread
        fit = Fit().enter()
        idents = fit.start(lambda _: threading.get_ident()).result(TIMEOUT)
        assert len(set(idents)) == 1 or blas_threads() == {1}
        fit.leave()
        assert blas_threads() == {4}


class BlasWithALimitForEachThread:
    """A controller of such a library, which has four threads."""

    def __init__(self):
        self._of_thread = threading.local()
        self.lib_controllers = [self]

    def get_num_threads(self):
        return getattr(self._of_thread, "limit", 4)

    @contextmanager
    def _restored(self, before):
        yield
        self._of_thread.limit = before

    def limit(self, limits):
        before, self._of_thread.limit = self.get_num_threads(), limits
        return self._restored(before)


def test_a_blas_with_a_limit_for_each_thread(monkeypatch):
    blas = BlasWithALimitForEachThread()
    monkeypatch.setattr("skneural._data.threads._blas", lambda: blas)

    with shard_map(0):
        others = [Fit(work=0).enter() for _ in range(2)]
        with shard_map(0):
            assert [fit.run(blas.get_num_threads) for fit in others] == [1, 1]
            others[0].leave()
            assert others[0].run(blas.get_num_threads) == 4
        assert blas.get_num_threads() == 1
    assert blas.get_num_threads() == 4
    assert others[1].run(blas.get_num_threads) == 1
    others[1].leave()
    assert others[1].run(blas.get_num_threads) == 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.usefixtures("four_blas_threads")
def test_a_process_that_is_forked_while_others_hold_the_locks_has_its_own():
    other = Fit().enter()
    assert other.has_threads()
    with _BlasLimit._lock:
        pid = os.fork()
        if pid == 0:
            signal.alarm(TIMEOUT)  # ends a process that hangs
            with shard_map(np.inf) as map_shards:
                idents = set(map_shards(lambda _: threading.get_ident(), range(4)))
            os._exit(0 if threading.get_ident() not in idents else 1)
    assert os.waitpid(pid, 0)[1] == 0
    other.leave()
