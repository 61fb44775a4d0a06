from itertools import pairwise

import numpy as np
import pytest

from skneural._data import stratify as _stratify
from skneural._data.rows import Rows
from skneural._training.stages import (
    EARLY_STAGES,
    SAMPLE_ITERATIONS,
    SMALLEST_SAMPLE,
    STAGE_ITERATIONS,
    StagePlan,
    plan_stages,
    stages,
)


@pytest.mark.parametrize("may_sample", [False, True])
@pytest.mark.parametrize("max_iter", [1, 29, 30, 59, 60, 89, 90, 100, 10_000])
@pytest.mark.parametrize("n_rows", [1, 9_999, 10_000, 19_999, 20_000, 10**7])
def test_the_last_stage_has_all_rows(n_rows, max_iter, may_sample):
    *early, last = plan_stages(n_rows, max_iter, may_sample)
    assert last == StagePlan(n_rows, max_iter)
    assert len(early) <= EARLY_STAGES
    assert not early or early[-1].max_iter < max_iter
    starts = [0, *(one.max_iter for one in early)]
    lengths = [SAMPLE_ITERATIONS if one.n_rows < n_rows else STAGE_ITERATIONS for one in early]
    assert [b - a for a, b in pairwise(starts)] == lengths


@pytest.mark.parametrize("n_rows", [10_000, 19_999, 20_000, 123_457])
def test_samples_double(n_rows):
    *early, last = plan_stages(n_rows, 100, may_sample=True)
    assert early[0].n_rows < n_rows
    assert early[0].n_rows >= SMALLEST_SAMPLE
    for one, following in pairwise([*early, last]):
        assert following.n_rows in (2 * one.n_rows, 2 * one.n_rows + 1, one.n_rows)
    assert early[-1].n_rows < last.n_rows or early[0].n_rows * 2 <= last.n_rows


@pytest.mark.parametrize(
    ("n_rows", "max_iter", "may_sample"),
    [
        (2 * SMALLEST_SAMPLE - 1, 100, True),
        (10**6, 100, False),
        (10**6, EARLY_STAGES * STAGE_ITERATIONS, True),
    ],
)
def test_few_rows_or_iterations_or_a_given_start_are_not_sampled(n_rows, max_iter, may_sample):
    assert {one.n_rows for one in plan_stages(n_rows, max_iter, may_sample)} == {n_rows}


def test_fewer_iterations_are_the_beginning_of_more():
    plan = plan_stages(1000, 100, may_sample=True)
    for max_iter in range(1, 100):
        *early, last = plan_stages(1000, max_iter, may_sample=True)
        assert early == plan[: len(early)]
        assert last.max_iter <= plan[len(early)].max_iter


def positions(rows):
    return set(np.concatenate([rows.features(block)[:, 0] for block in rows.blocks()]))


@pytest.mark.parametrize("most_blocks", [2**18, 500])  # rows, or blocks of 3 of them
def test_a_sample_contains_the_one_before_and_the_rows_that_are_new_are_probed(
    most_blocks, monkeypatch
):
    monkeypatch.setattr(_stratify, "MOST_BLOCKS", most_blocks)
    n = 1500
    rows = Rows(np.arange(n)[:, None], np.arange(n)[:, None] % 3, np.ones(n))
    plan = [StagePlan(300, 1), StagePlan(600, 2), StagePlan(600, 3), StagePlan(n, 4)]
    first, second, third, last = stages(plan, rows, np.random.RandomState(0))
    assert [stage.max_iter for stage in (first, second, third, last)] == [1, 2, 3, 4]
    assert [len(positions(stage.rows)) for stage in (first, second, third)] == [300, 600, 600]
    assert first.probed_rows is first.rows
    assert positions(first.rows) < positions(second.rows) == positions(third.rows)
    assert positions(second.probed_rows) == positions(second.rows) - positions(first.rows)
    assert positions(third.probed_rows) == positions(third.rows)
    assert positions(last.probed_rows) == set(range(n)) - positions(third.rows)
    assert last.rows is rows
    assert [stage.is_unseen for stage in (first, second, third, last)] == [0, 1, 0, 1]
    assert [stage.is_whole for stage in (first, second, third, last)] == [0, 0, 0, 1]
    assert [stage.is_last for stage in (first, second, third, last)] == [0, 0, 0, 1]


def test_stages_with_all_rows_draw_no_samples():
    rows, rng = (
        Rows(np.zeros((10, 1)), np.zeros((10, 1), int), np.ones(10)),
        np.random.RandomState(0),
    )
    state = rng.get_state()[2]
    both = list(stages([StagePlan(10, 1), StagePlan(10, 2)], rows, rng))
    assert all(stage.rows is stage.probed_rows is rows for stage in both)
    assert not any(stage.is_unseen for stage in both)
    assert rng.get_state()[2] == state
