import threading

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from skneural._data.threads import THREADING_PAYS, shard_map


def blas_threads():
    return {
        library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"
    }


@pytest.mark.parametrize("n_threads", [2, 4])
def test_shards_take_the_threads_that_blas_would_have_used(n_threads):
    meeting = threading.Barrier(n_threads)

    def shard(_):
        meeting.wait(timeout=30)  # passes only if so many shards run at the same time
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


@pytest.mark.parametrize("first_to_leave", [0, 1])
def test_fits_that_overlap_in_several_threads_leave_the_limit_of_blas_as_it_was(first_to_leave):
    entered = [threading.Event(), threading.Event()]
    leave = [threading.Event(), threading.Event()]

    def fit(i):
        with shard_map(0) as map_shards:
            entered[i].set()
            leave[i].wait(timeout=30)
            seen.extend(map_shards(lambda _: blas_threads(), range(1)))

    seen = []
    before = blas_threads()
    workers = [threading.Thread(target=fit, args=(i,)) for i in range(2)]
    for i in range(2):  # the first to enter holds BLAS
        workers[i].start()
        assert entered[i].wait(timeout=30)
    for i in (first_to_leave, 1 - first_to_leave):
        leave[i].set()
        workers[i].join()
    assert seen == [{1}, {1}]  # the second took over from the first
    assert blas_threads() == before


def test_the_holder_of_blas_waits_for_a_pass_that_relies_on_it():
    inside, leave = threading.Event(), threading.Event()
    seen = []

    def shard(_):
        inside.set()
        leave.wait(timeout=30)
        return blas_threads()

    def other():
        with shard_map(0) as map_shards:
            seen.extend(map_shards(shard, range(1)))

    with threadpool_limits(2, user_api="blas"):
        with shard_map(0):
            worker = threading.Thread(target=other)
            worker.start()
            assert inside.wait(timeout=30)
            threading.Timer(0.2, leave.set).start()  # after this thread wants to leave
        worker.join()
    assert seen == [{1}]
