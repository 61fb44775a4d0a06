"""The stages of a run: which rows are used, and for how many iterations.

A penalty can only be judged on rows that have not been trained on. A run that chooses one from the
data therefore begins with samples of the rows, and goes through these stages::

    learn    the first sample, with a weak penalty, until the network has learned it well
    choose   twice on each sample: the penalty is chosen, from the dispersion of unseen rows
    try      once on each sample: the penalty is corrected, and then judged; if the unseen rows of
             small data were predicted better before, it is weakened for as long as that helps

The last stage uses all rows. Very few rows have no samples: they are learned, and the weak penalty
stays. Small data have one sample, which leaves out 20 % of the observations.

Large data begin with a sample of at least 5000 rows; each sample has eight times as many rows, and
contains the one before. Most iterations are on few rows: the last stage of a sample is repeated as
long as the loss of unseen rows falls by a share of its excess over the loss of the sample's rows,
which is what more rows could teach. Fixed penalties need no more than these stages.

Each stage hands on to the next what its solver has learned about the curvature, but for two cases.
On the sample of small data, a penalty is judged after few iterations, and a network that trains
faster would have learned more noise by then. And where X is so sparse that the weights take more
time than the rows, handing on makes iterations slower; nor is anything repeated there, because
smaller samples save little.

How sure a network becomes depends on the number of rows, and on how long it has been trained. On a
last sample, half of the rows, a penalty is therefore only tried: it is corrected three times, the
last time for the stage on all rows. Beyond 2 million rows, there are enough in the samples before.

References
----------
R. H. Byrd et al., "Sample size selection in optimization methods for machine learning",
Mathematical Programming 134, 2012. doi:10.1007/s10107-012-0572-5

A. Mokhtari and A. Ribeiro, "First-order adaptive sample size methods to reduce complexity of
empirical risk minimization", NeurIPS 2017. https://arxiv.org/abs/1709.00599
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from skneural._data import Data, RandomOrder, split_observations

LEARNING_ITERATIONS = 15
STAGE_ITERATIONS = 8  # on the sample of small data
SAMPLE_ITERATIONS = 10  # on each sample of large data
DENSE_NUMBERS = 32  # stored for each feature, at least, where rows take more time than weights
CHOICES = 3  # of the penalty, on each sample
FEWEST_OBSERVATIONS = 20  # fewer are not split
HELD_OUT_SHARE = 0.2
SMALLEST_SAMPLE = 5000  # of large data
GROWTH = 8
MOST_TRIED = 250_000  # rows of the sample on which a penalty is only tried
TRIAL_ITERATIONS = 10, 10, 0  # of the stages on that sample; at last, it is only corrected
MOST_UNSEEN = 10_000  # rows to judge a penalty and the progress on a sample
REFRESHES = 3  # of the preconditioner, if the penalty is fixed
REFRESH_ITERATIONS = 15


class StagePlan(NamedTuple):
    sample: int | None  # its number, or None for all rows
    n_iter: int
    corrects: bool = False  # whether it tries a penalty
    is_repeated: bool = False


@dataclass(frozen=True)
class Stage:
    """The rows of a stage, and its number of iterations."""

    rows: Data
    unseen_rows: Data | None  # on which the run has not trained yet
    n_iter: int
    is_first: bool
    is_trial: bool  # whether the penalty is corrected
    is_split: bool  # whether the unseen rows are those left out of small data
    is_repeated: bool  # while the loss of the unseen rows falls
    hands_on: bool  # whether the next stage begins with what the solver has learned
    is_last: bool

    @property
    def is_whole(self) -> bool:
        """Whether all rows are used."""
        return self.unseen_rows is None


@dataclass(frozen=True)
class Samples:
    """Ascending numbers of rows; there may be none."""

    sizes: tuple[int, ...] = ()
    is_split: bool = False  # whether the only sample is most of few rows
    n_tried: int = 0  # rows of the last sample, if a penalty is only tried on it

    @property
    def all_sizes(self) -> tuple[int, ...]:
        return (*self.sizes, self.n_tried) if self.n_tried else self.sizes

    @classmethod
    def of(cls, n_rows: int, n_observed: float, *, holds_out: bool) -> "Samples":
        """The samples of large data; with `holds_out`, of small data too, if not too small."""
        sizes: tuple[int, ...] = ()
        size = n_rows // GROWTH
        while size >= SMALLEST_SAMPLE:
            sizes = size, *sizes
            size //= GROWTH
        if sizes and holds_out:
            n_tried = min(n_rows // 2, MOST_TRIED)
            return cls(sizes, n_tried=n_tried if n_tried > sizes[-1] else 0)
        if holds_out and n_observed >= FEWEST_OBSERVATIONS:
            return cls((n_rows - int(np.ceil(HELD_OUT_SHARE * n_rows)),), is_split=True)
        return cls(sizes)


def plan_stages(samples: Samples, max_iter: int, *, chooses: bool) -> list[StagePlan]:
    """The stages of a run.

    All stages but the last are planned for at most half of the iterations, without repetitions. If
    necessary, they are shortened to no less than half of their length, or else left out.

    Parameters
    ----------
    samples : Samples
    max_iter : int
    chooses : bool
        Whether the penalty is chosen on samples. Otherwise, stages only renew the preconditioner.
    """
    if chooses:
        plan = _choosing_stages(samples)
    else:
        numbers = range(len(samples.sizes))
        plan = [StagePlan(sample, SAMPLE_ITERATIONS, is_repeated=True) for sample in numbers]
        plan += [StagePlan(None, REFRESH_ITERATIONS)] * max(REFRESHES - len(numbers), 1)
    share = min(1.0, 0.5 * max_iter / max(sum(one.n_iter for one in plan), 1))
    plan = [one._replace(n_iter=int(share * one.n_iter)) for one in plan] if share >= 0.5 else []
    return [*plan, StagePlan(None, max_iter - sum(one.n_iter for one in plan))]


def _choosing_stages(samples: Samples) -> list[StagePlan]:
    """The stages in which a penalty is chosen; without samples, only the first."""
    numbers = range(len(samples.sizes))
    n_iter = STAGE_ITERATIONS if samples.is_split else SAMPLE_ITERATIONS
    plan = [StagePlan(0 if numbers else None, LEARNING_ITERATIONS)]
    for sample in numbers:
        plan += [StagePlan(sample, n_iter)] * (CHOICES - 1)
        plan.append(StagePlan(sample, n_iter, corrects=True, is_repeated=not samples.is_split))
    if samples.n_tried:
        tried = len(numbers)
        plan += [StagePlan(tried, n_iter, corrects=True) for n_iter in TRIAL_ITERATIONS]
    return plan


def stages(
    plan: Sequence[StagePlan],
    rows: Data,
    samples: Samples,
    per_weight: float,
    rng: np.random.RandomState,
) -> Iterator[Stage]:
    """The stages of a plan; a weight of 1 stands for `per_weight` observations."""
    drawn = (
        (sample.compact(), unseen.compact())
        for sample, unseen in _draw(rows, samples, per_weight, rng)
    )
    sample: int | None = None
    for number, one in enumerate(plan):
        if number == 0 or one.sample != sample:
            stage_rows, unseen_rows = (rows, None) if one.sample is None else next(drawn)
            is_dense = _is_dense(stage_rows)
        sample = one.sample
        is_last = number == len(plan) - 1
        yield Stage(
            rows=stage_rows,
            unseen_rows=unseen_rows,
            n_iter=one.n_iter,
            is_first=number == 0,
            is_trial=one.corrects,
            is_split=samples.is_split and one.sample is not None,
            is_repeated=one.is_repeated and is_dense,
            hands_on=is_dense and not samples.is_split and not is_last,
            is_last=is_last,
        )


def _is_dense(rows: Data) -> bool:
    """Whether passes over the rows take more time than what is done with the weights."""
    return rows.n_stored() >= DENSE_NUMBERS * rows.n_features


def _draw(
    rows: Data, samples: Samples, per_weight: float, rng: np.random.RandomState
) -> Iterator[tuple[Data, Data]]:
    """Samples of the rows, each with some of the rows that are added next."""
    if samples.is_split:
        yield split_observations(rows, HELD_OUT_SHARE, per_weight, rng)
        return
    order = RandomOrder(rows, rng)
    for size, following in pairwise([*samples.all_sizes, rows.n_rows]):
        end = min(following, size + MOST_UNSEEN)
        yield rows.sample(order.part(0, size)), rows.sample(order.part(size, end))
