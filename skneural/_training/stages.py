"""The stages of a run: which rows are used, and for how many iterations."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from skneural._data import Data, RandomOrder

STAGE_ITERATIONS = 15
SAMPLE_ITERATIONS = 8  # fewer, because a sample holds less information
EARLY_STAGES = 3
SMALLEST_SAMPLE = 5000
SMALLEST_SHARE = 4  # the first sample is a quarter of the rows


class StagePlan(NamedTuple):
    n_rows: int
    max_iter: int  # counted from the start of the run


@dataclass(frozen=True)
class Stage:
    """The rows of a stage, and the number of iterations at which it ends."""

    rows: Data
    probed_rows: Data  # on which the curvature is measured
    is_unseen: bool  # whether earlier stages have trained, but not on the probed rows
    is_whole: bool  # whether all rows are used
    is_last: bool
    max_iter: int


def plan_stages(n_rows: int, max_iter: int, may_sample: bool) -> list[StagePlan]:
    """Early stages of 15 iterations, or 8 on samples, and a last one with the rest on all rows.

    Samples are used only if `max_iter` leaves enough iterations for all rows.
    """
    share = 1
    if may_sample and max_iter > EARLY_STAGES * STAGE_ITERATIONS:
        while share < SMALLEST_SHARE and n_rows // (2 * share) >= SMALLEST_SAMPLE:
            share *= 2
    stages, end = [], 0
    for _ in range(EARLY_STAGES):
        end += SAMPLE_ITERATIONS if share > 1 else STAGE_ITERATIONS
        if end < max_iter:
            stages.append(StagePlan(n_rows // share, end))
        share = max(share // 2, 1)
    return [*stages, StagePlan(n_rows, max_iter)]


def stages(plan: Sequence[StagePlan], rows: Data, rng: np.random.RandomState) -> Iterator[Stage]:
    """The stages of a plan, on samples each of which contains the one before.

    The curvature of a stage with more rows than the one before is measured on the added rows.
    """
    order: RandomOrder | None = None
    n_before = rows.n_rows
    for number, (n_rows, max_iter) in enumerate(plan, 1):
        stage_rows = probed_rows = rows
        if n_rows < rows.n_rows or n_before < n_rows:
            order = order or RandomOrder(rows, rng)
        if order is not None and n_rows < rows.n_rows:
            stage_rows = probed_rows = rows.sample(order.part(0, n_rows))
        if order is not None and n_before < n_rows:
            probed_rows = rows.sample(order.part(n_before, n_rows))
        yield Stage(
            rows=stage_rows,
            probed_rows=probed_rows,
            is_unseen=n_before < n_rows,
            is_whole=n_rows == rows.n_rows,
            is_last=number == len(plan),
            max_iter=max_iter,
        )
        n_before = n_rows
