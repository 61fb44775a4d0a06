"""The stages of a run: which rows are used, and for how many iterations.

A penalty can only be judged on rows that have not been trained on. A run that chooses one from the
data therefore begins with samples of the rows, and goes through these stages::

    learn    the first sample, with a weak penalty, so that the network learns something
    choose   twice on each sample: the penalty is chosen, from the dispersion of unseen rows
    try      once on each sample: the penalty is corrected; on the last sample, it is also judged

The last stage uses all rows. Large data begin with a sample of at least 5000 rows; each sample has
four times as many rows, and contains the one before. Small data have one sample, which leaves out
20 % of the observations. Very few rows have none: they are learned, and the weak penalty stays.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from skneural._data import Data, RandomOrder, split_observations

LEARNING_ITERATIONS = 15
STAGE_ITERATIONS = 8
CHOICES = 3  # of the penalty, on each sample
FEWEST_OBSERVATIONS = 20  # fewer are not split
HELD_OUT_SHARE = 0.2
SMALLEST_SAMPLE = 5000  # of large data
GROWTH = 4
REFRESHES = 3  # of the preconditioner, if the penalty is fixed
REFRESH_ITERATIONS = 15


class StagePlan(NamedTuple):
    sample: int | None  # its number, or None for all rows
    n_iter: int
    corrects: bool = False  # whether it tries a penalty


@dataclass(frozen=True)
class Stage:
    """The rows of a stage, and its number of iterations."""

    rows: Data
    unseen_rows: Data | None  # on which the run has not trained yet
    n_iter: int
    is_first: bool
    is_trial: bool  # whether the penalty is corrected
    is_last: bool

    @property
    def is_whole(self) -> bool:
        """Whether all rows are used."""
        return self.unseen_rows is None


def sample_sizes(n_rows: int, n_observed: float, *, holds_out: bool) -> list[int]:
    """Ascending numbers of rows; there may be none.

    With `holds_out`, small data have a sample too, if they are not too small.
    """
    sizes: list[int] = []
    size = n_rows // GROWTH
    while size >= SMALLEST_SAMPLE:
        sizes.insert(0, size)
        size //= GROWTH
    if not sizes and holds_out and n_observed >= FEWEST_OBSERVATIONS:
        return [n_rows - int(np.ceil(HELD_OUT_SHARE * n_rows))]
    return sizes


def plan_stages(n_samples: int, max_iter: int, *, chooses: bool) -> list[StagePlan]:
    """The stages of a run.

    All stages but the last are planned for at most half of the iterations. If necessary, they are
    shortened to no less than half of their length, or else left out. The first may be repeated.

    Parameters
    ----------
    n_samples, max_iter : int
    chooses : bool
        Whether the penalty is chosen on samples. Otherwise, stages only renew the preconditioner.
    """
    plan: list[StagePlan] = []
    if chooses:
        for sample in range(n_samples):
            plan += [StagePlan(sample, STAGE_ITERATIONS)] * (CHOICES - 1)
            plan.append(StagePlan(sample, STAGE_ITERATIONS, corrects=True))
        plan.insert(0, StagePlan(0 if n_samples else None, LEARNING_ITERATIONS))
    else:
        plan = [StagePlan(sample, STAGE_ITERATIONS) for sample in range(n_samples)]
        plan += [StagePlan(None, REFRESH_ITERATIONS)] * max(REFRESHES - n_samples, 1)
    share = min(1.0, 0.5 * max_iter / max(sum(one.n_iter for one in plan), 1))
    plan = [one._replace(n_iter=int(share * one.n_iter)) for one in plan] if share >= 0.5 else []
    return [*plan, StagePlan(None, max_iter - sum(one.n_iter for one in plan))]


def stages(
    plan: Sequence[StagePlan],
    rows: Data,
    sizes: Sequence[int],
    per_weight: float,
    rng: np.random.RandomState,
) -> Iterator[Stage]:
    """The stages of a plan for samples of these sizes.

    A weight of 1 stands for `per_weight` observations.
    """
    samples = _samples(rows, sizes, per_weight, rng)
    sample: int | None = None
    stage_rows, unseen_rows = rows, None
    for number, one in enumerate(plan):
        if one.sample is None:
            stage_rows, unseen_rows = rows, None
        elif one.sample != sample:
            stage_rows, unseen_rows = next(samples)
        sample = one.sample
        yield Stage(
            rows=stage_rows,
            unseen_rows=unseen_rows,
            n_iter=one.n_iter,
            is_first=number == 0,
            is_trial=one.corrects,
            is_last=number == len(plan) - 1,
        )


def _samples(
    rows: Data, sizes: Sequence[int], per_weight: float, rng: np.random.RandomState
) -> Iterator[tuple[Data, Data]]:
    """Samples of the rows, each with the rows that are added next."""
    if len(sizes) == 1 and rows.n_rows < GROWTH * SMALLEST_SAMPLE:
        yield split_observations(rows, HELD_OUT_SHARE, per_weight, rng)
        return
    order = RandomOrder(rows, rng)
    for size, following in zip(sizes, [*sizes[1:], rows.n_rows], strict=True):
        yield rows.sample(order.part(0, size)), rows.sample(order.part(size, following))
