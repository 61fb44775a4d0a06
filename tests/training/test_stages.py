from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp

from skneural._data import stratify as _stratify
from skneural._data.rows import Rows
from skneural._training import stages as _stages
from skneural._training.stages import (
    CHOICES,
    FEWEST_OBSERVATIONS,
    GROWTH,
    HELD_OUT_SHARE,
    LEARNING_ITERATIONS,
    REFRESH_ITERATIONS,
    REFRESHES,
    SAMPLE_ITERATIONS,
    SMALLEST_SAMPLE,
    STAGE_ITERATIONS,
    TRIAL_ITERATIONS,
    Samples,
    StagePlan,
    plan_stages,
    stages,
)

LARGE = GROWTH * SMALLEST_SAMPLE

# --- Samples -------------------------------------------------------------------------------


@pytest.mark.parametrize("n_rows", [LARGE, LARGE + 3, GROWTH * LARGE - 1, GROWTH * LARGE, 10**7])
@pytest.mark.parametrize("holds_out", [False, True])
def test_samples_of_large_data_grow_by_the_same_factor(n_rows, holds_out):
    samples = Samples.of(n_rows, n_rows, holds_out=holds_out)
    assert SMALLEST_SAMPLE <= samples.sizes[0] < GROWTH * SMALLEST_SAMPLE
    for size, following in pairwise([*samples.sizes, n_rows]):
        assert following // GROWTH == size
    assert not samples.is_split


@pytest.mark.parametrize(
    ("n_rows", "n_tried"),
    [(LARGE, LARGE // 2), (500_001, 250_000), (1_999_999, 250_000), (2_000_000, 0), (10**8, 0)],
)
def test_a_penalty_is_tried_on_half_of_large_data_if_other_samples_are_not_large_enough(
    n_rows, n_tried
):
    samples = Samples.of(n_rows, n_rows, holds_out=True)
    assert samples.n_tried == n_tried
    assert samples.all_sizes == samples.sizes + ((n_tried,) if n_tried else ())
    assert Samples.of(n_rows, n_rows, holds_out=False).n_tried == 0


@pytest.mark.parametrize("n_rows", [FEWEST_OBSERVATIONS, 100, 103, LARGE - 1])
def test_small_data_are_split_if_a_part_is_to_be_held_out(n_rows):
    samples = Samples.of(n_rows, n_rows, holds_out=True)
    assert samples == Samples((n_rows - int(np.ceil(HELD_OUT_SHARE * n_rows)),), is_split=True)
    assert Samples.of(n_rows, n_rows, holds_out=False) == Samples()


def test_few_observations_are_not_split_however_many_rows_they_are():
    assert Samples.of(19, 19, holds_out=True) == Samples()
    assert Samples.of(1000, 19.9, holds_out=True) == Samples()
    assert Samples.of(19, 20, holds_out=True) == Samples((15,), is_split=True)


# --- Plans ---------------------------------------------------------------------------------

SPLIT = Samples((80,), is_split=True)
GROWING = [
    Samples(tuple(10**k for k in range(n)), n_tried=n_tried)
    for n, n_tried in ((1, 0), (1, 5), (2, 50), (5, 0))
]


@pytest.mark.parametrize("chooses", [False, True])
@pytest.mark.parametrize("max_iter", [1, 2, 5, 9, 10, 38, 39, 50, 64, 65, 100, 1000])
@pytest.mark.parametrize("samples", [Samples(), SPLIT, *GROWING])
def test_the_last_stage_has_all_rows_and_at_least_half_of_the_iterations(
    samples, max_iter, chooses
):
    *early, last = plan_stages(samples, max_iter, chooses=chooses)
    assert last.sample is None
    assert not last.corrects
    assert sum(one.n_iter for one in early) + last.n_iter == max_iter
    assert last.n_iter >= max_iter / 2
    assert all(one.n_iter > 0 for one in early[:-1])
    assert all(one.n_iter > 0 for one in early[-1:] if not (samples.n_tried and one.corrects))


@pytest.mark.parametrize("samples", [SPLIT, *GROWING])
def test_a_penalty_is_chosen_on_each_sample_and_then_corrected(samples):
    assert (LEARNING_ITERATIONS, STAGE_ITERATIONS, CHOICES) == (15, 8, 3)
    learn, *choices, last = plan_stages(samples, 10_000, chooses=True)
    assert learn == StagePlan(0, LEARNING_ITERATIONS)
    if samples.n_tried:  # on the last sample, it is only corrected
        number = len(samples.sizes)
        *choices, first, second, third = choices
        trials = [StagePlan(number, n_iter, corrects=True) for n_iter in TRIAL_ITERATIONS]
        assert [first, second, third] == trials
    assert len(choices) == CHOICES * len(samples.sizes)
    for number, one in enumerate(choices):
        sample, is_trial = number // CHOICES, number % CHOICES == CHOICES - 1
        is_repeated = is_trial and not samples.is_split
        n_iter = STAGE_ITERATIONS if samples.is_split else SAMPLE_ITERATIONS
        assert one == StagePlan(sample, n_iter, corrects=is_trial, is_repeated=is_repeated)
    assert last.sample is None


@pytest.mark.parametrize("samples", [Samples(), *GROWING])
def test_a_fixed_penalty_has_samples_and_stages_that_renew_the_preconditioner(samples):
    n_samples = len(samples.sizes)
    *early, last = plan_stages(samples, 10_000, chooses=False)
    assert early[:n_samples] == [
        StagePlan(number, SAMPLE_ITERATIONS, is_repeated=True) for number in range(n_samples)
    ]
    whole = early[n_samples:]
    assert len(whole) == max(REFRESHES - n_samples, 1)
    assert all(one == StagePlan(None, REFRESH_ITERATIONS) for one in whole)
    assert not any(one.corrects for one in [*early, last])


def test_without_samples_there_is_a_stage_to_learn_before_the_last():
    n_first = LEARNING_ITERATIONS
    plan = [StagePlan(None, n_first), StagePlan(None, 100 - n_first)]
    assert plan_stages(Samples(), 100, chooses=True) == plan


@pytest.mark.parametrize("chooses", [False, True])
def test_few_iterations_are_all_for_the_last_stage(chooses):
    for samples in GROWING:
        lengths = [
            len(plan_stages(samples, max_iter, chooses=chooses)) for max_iter in range(1, 500)
        ]
        assert lengths[0] == 1
        assert sorted(lengths) == lengths  # from some number on, there are all stages
        assert len(set(lengths)) == 2


@pytest.mark.parametrize("chooses", [False, True])
@pytest.mark.parametrize("samples", [SPLIT, *GROWING])
def test_stages_are_shortened_to_no_less_than_half_of_their_length(samples, chooses):
    *whole, _ = plan_stages(samples, 10_000, chooses=chooses)
    total = sum(one.n_iter for one in whole)
    full, shorter, halved = (
        plan_stages(samples, max_iter, chooses=chooses)[:-1]
        for max_iter in (2 * total, 2 * total - 1, total)
    )
    assert full == whole
    assert sum(one.n_iter for one in shorter) < total
    assert halved == [one._replace(n_iter=one.n_iter // 2) for one in whole]
    assert plan_stages(samples, total - 1, chooses=chooses) == [StagePlan(None, total - 1)]


# --- Stages --------------------------------------------------------------------------------


def positions(rows):
    return set(np.concatenate([rows.features(block)[:, 0] for block in rows.blocks()]))


def make(n, weight=None):
    return Rows(
        np.arange(n)[:, None], np.arange(n)[:, None] % 3, np.ones(n) if weight is None else weight
    )


@pytest.mark.parametrize("most_blocks", [2**18, 500])  # rows, or blocks of 3 of them
def test_a_sample_contains_the_one_before_and_the_rows_that_come_next_are_unseen(
    most_blocks, monkeypatch
):
    monkeypatch.setattr(_stratify, "MOST_BLOCKS", most_blocks)
    n = 1500
    rows = make(n)
    plan = [
        StagePlan(0, 1),
        StagePlan(0, 2, corrects=True),
        StagePlan(1, 3, corrects=True, is_repeated=True),
        StagePlan(None, 4),
    ]
    found = list(stages(plan, rows, Samples((300, 600)), 1.0, np.random.RandomState(0)))
    first, again, second, last = found
    assert [one.n_iter for one in found] == [1, 2, 3, 4]
    assert again.rows is first.rows
    assert again.unseen_rows is first.unseen_rows
    assert (first.rows.n_rows, second.rows.n_rows) == (300, 600)
    assert positions(first.rows) < positions(second.rows)
    assert positions(first.unseen_rows) == positions(second.rows) - positions(first.rows)
    assert positions(second.unseen_rows) == set(range(n)) - positions(second.rows)
    assert last.rows is rows
    assert last.unseen_rows is None
    assert [one.is_whole for one in found] == [0, 0, 0, 1]
    assert [one.is_first for one in found] == [1, 0, 0, 0]
    assert [one.is_trial for one in found] == [0, 1, 1, 0]
    assert [one.is_repeated for one in found] == [0, 0, 1, 0]
    assert [one.is_last for one in found] == [0, 0, 0, 1]


def test_nothing_is_repeated_where_weights_take_more_time_than_rows():
    """A sparse sample must store some numbers for each feature, dense ones have many more."""
    plan = [StagePlan(0, 20, is_repeated=True), StagePlan(None, 4)]
    n, d = 1500, 40
    sparse = sp.random_array((n, d), density=0.2, format="csr", random_state=0, dtype=np.float64)
    labels, weight = np.zeros((n, 1), np.int8), np.ones(n)
    for X, size, is_repeated in [(sparse, 1000, 1), (sparse, 100, 0), (sparse.toarray(), 100, 1)]:
        rows = Rows(X, labels, weight)
        first, last = stages(plan, rows, Samples((size,)), 1.0, np.random.RandomState(0))
        assert first.is_repeated == is_repeated
        assert first.hands_on == is_repeated
        assert (last.is_repeated, last.hands_on) == (0, 0)
        assert (first.n_iter, last.n_iter) == (20, 4)


def test_the_unseen_rows_are_no_more_than_needed(monkeypatch):
    monkeypatch.setattr(_stages, "MOST_UNSEEN", 50)
    rows = make(1500)
    plan = [StagePlan(0, 1), StagePlan(1, 1), StagePlan(None, 1)]
    first, second, _ = stages(plan, rows, Samples((300, 320)), 1.0, np.random.RandomState(0))
    assert first.unseen_rows.n_rows == 20  # all that come next
    assert second.unseen_rows.n_rows == 50
    assert not positions(second.rows) & positions(second.unseen_rows)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_sample_of_small_data_leaves_out_a_fifth_of_the_observations(weighted):
    n = 103
    weight = np.random.default_rng(0).integers(1, 6, n) if weighted else np.ones(n)
    rows = make(n, weight.astype(float))
    plan = [StagePlan(0, 1), StagePlan(None, 2)]
    samples = Samples((82,), is_split=True)
    first, last = stages(plan, rows, samples, 1.0, np.random.RandomState(0))
    kept, held_out = (part.all_weights().sum() for part in (first.rows, first.unseen_rows))
    np.testing.assert_allclose(kept + held_out, weight.sum())
    assert abs(held_out - HELD_OUT_SHARE * weight.sum()) <= 1
    assert positions(first.rows) | positions(first.unseen_rows) == set(range(n))
    assert last.rows is rows


def test_stages_with_all_rows_draw_no_samples():
    rows, rng = make(10), np.random.RandomState(0)
    state = rng.get_state()[2]
    both = list(stages([StagePlan(None, 1), StagePlan(None, 2)], rows, Samples(), 1.0, rng))
    assert all(stage.rows is rows and stage.is_whole for stage in both)
    assert [stage.is_last for stage in both] == [0, 1]
    assert rng.get_state()[2] == state
