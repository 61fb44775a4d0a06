"""One training run: a loop over stages, from initial weights to a solution.

A stage first measures the curvature at the current weights, from which the penalty of each layer
and the reparametrization are computed. Then the solver runs. The last stage uses all rows; on large
data, the first stages use samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from skneural._curvature import (
    Curvature,
    CurvatureMeter,
    Identity,
    PenaltyRule,
    Preconditioner,
    Reparametrization,
    feature_moments,
    floored,
)
from skneural._data import Data, MapShards, shard_map
from skneural._network import Network, Objective, log_loss, total_weight, weighted_rows
from skneural._training.problem import Problem
from skneural._training.progress import Progress
from skneural._training.solution import Observer, Solution, StopReason
from skneural._training.solvers import Solver
from skneural._training.stages import Stage, StagePlan, plan_stages, stages
from skneural._training.validation import Validation
from skneural._typing import Vector

_TOO_LARGE = (
    "Loss or gradient overflow at the initial weights: the features are too large for this "
    "dtype. Scale them first, for example with StandardScaler."
)


@dataclass(frozen=True)
class Settings:
    """Settings of a run, besides the data and the start."""

    penalty: PenaltyRule
    solver: Solver
    preconditioner: Preconditioner | None
    tol: float
    max_iter: int
    verbose: bool = False
    patience: int | None = None  # iterations without a lower validation loss


def train(
    network: Network,
    rows: Data,
    settings: Settings,
    *,
    seed: int,
    start: Vector | None = None,
    validation_rows: Data | None = None,
    observers: Sequence[Observer] = (),
) -> Solution:
    """Minimise the objective from `start`, or from random weights.

    An interruption from the keyboard ends the run like any other reason to stop. If the objective
    has not been evaluated yet, the interruption is raised; likewise a second one while the solution
    is evaluated.

    Parameters
    ----------
    validation_rows : Data, optional
        The log loss on these rows is recorded after each iteration. If the settings have a
        patience, the solution consists of the weights where it was lowest.

    Raises
    ------
    ValueError
        If loss or gradient overflow at the start, or weights sum to zero or overflow.
    """
    rows = weighted_rows(network.output, rows)  # a sample must not consist of rows without weight
    with shard_map(float(rows.n_rows) * network.n_parameters) as map_shards:
        run = _Run(network, rows, settings, seed, start is None, map_shards)
        theta = run.initial_weights() if start is None else start
        validation = None
        if validation_rows is not None:
            measure = partial(log_loss, network, validation_rows, map_shards=map_shards)
            validation = Validation(measure, theta, settings.patience)
        progress = Progress(
            theta,
            np.full(network.n_layers, np.nan),
            tol=settings.tol,
            verbose=settings.verbose,
            validation=validation,
            observers=observers,
        )
        try:
            reason = run.all_stages(progress)
        except KeyboardInterrupt:
            if not progress.is_evaluated:
                raise
            reason = StopReason.INTERRUPTED
        try:
            return run.finish(progress, reason)
        except KeyboardInterrupt:  # once more; a second one is raised
            return run.finish(progress, StopReason.INTERRUPTED)


class _Run:
    """The state that the stages of a run share."""

    def __init__(
        self,
        network: Network,
        rows: Data,
        settings: Settings,
        seed: int,
        is_new: bool,
        map_shards: MapShards,
    ) -> None:
        self._network = network
        self._rows = rows
        self._settings = settings
        self._is_new = is_new
        self._map_shards = map_shards
        self._rng = np.random.RandomState(seed)
        self._total_weight = total_weight(network.output, rows, map_shards)
        mean, variance = feature_moments(network.output, rows, self._rng, map_shards)
        if not np.isfinite([mean, variance]).all():
            raise ValueError(_TOO_LARGE)
        self._location, self._variance = mean, floored(variance)
        self._preconditioner = settings.preconditioner
        if self._preconditioner is Preconditioner.AUTO:
            work = float(rows.n_rows) * network.n_parameters
            self._preconditioner = Preconditioner.where_it_pays(work, self._variance)
        largest = (self._preconditioner or Preconditioner.AUTO).largest_dimensions(rows.n_rows)
        self._meter = CurvatureMeter(network, largest, self._rng, map_shards)
        self._penalty = settings.penalty(network, self._total_weight, rows.n_rows, map_shards)

    def initial_weights(self) -> Vector:
        scale = np.sqrt(self._variance)
        return self._network.initial_weights(self._rng, self._location, scale)

    def all_stages(self, progress: Progress) -> StopReason:
        """Run all stages, and return why the last one ended."""
        reason = StopReason.MAX_ITER
        for stage in stages(self._plan(), self._rows, self._rng):
            reason = self._stage(stage, progress)
            if not progress.is_evaluated:
                raise ValueError(_TOO_LARGE)
            if reason is StopReason.EARLY_STOPPING and not stage.is_whole:
                continue  # more iterations on this sample would not help, but more rows may
            if not reason.completes_stage:
                break
            if reason is StopReason.TOL and stage.is_whole and self._penalty.is_fixed:
                break
        return reason

    def _plan(self) -> list[StagePlan]:
        n_rows, max_iter = self._rows.n_rows, self._settings.max_iter
        if self._measures_curvature:
            return plan_stages(n_rows, max_iter, may_sample=self._is_new)
        return [StagePlan(n_rows, max_iter)]

    def _stage(self, stage: Stage, progress: Progress) -> StopReason:
        """Run the solver on the rows of a stage, and return why it ended."""
        reparametrization = self._begin(stage, progress)
        share = total_weight(self._network.output, stage.rows, self._map_shards)
        share /= self._total_weight
        objective = Objective(self._network, stage.rows, progress.alpha * share, self._map_shards)
        while reparametrization is not None:
            problem = Problem(objective, reparametrization, progress, stage.max_iter)
            if reason := problem.begin():
                return reason
            loss = progress.loss
            reason = self._settings.solver.run(problem, np.zeros_like(progress.theta))
            # A line search may fail because of the solver's memory, or at a kink of an
            # activation, although other directions lead down. The solver then starts afresh.
            if reason is not StopReason.PRECISION or not progress.loss < loss:
                return reason
            reparametrization = self._reparametrization(
                self._curvature(progress.theta, stage.rows, stage.is_last), progress.alpha
            )
        return StopReason.OVERFLOW  # of the curvature

    def _begin(self, stage: Stage, progress: Progress) -> Reparametrization | None:
        """Update the penalty at the start of a stage, and choose the change of variables.

        The curvature, which may be large, is released when the solver runs.
        """
        curvature = self._curvature(progress.theta, stage.probed_rows, stage.is_last)
        if curvature is not None and not curvature.is_finite():
            return None
        progress.alpha = self._penalty.update(
            curvature,
            self._network.layers(progress.theta),
            is_trained=not self._is_new or progress.n_iter > 0,
            is_unseen=stage.is_unseen,
        )
        return self._reparametrization(curvature, progress.alpha)

    @property
    def _measures_curvature(self) -> bool:
        return not self._penalty.is_fixed or self._preconditioner is not None

    def _curvature(self, theta: Vector, rows: Data, is_last: bool) -> Curvature | None:
        if not self._measures_curvature:
            return None
        return self._meter.measure(theta, rows, is_last=is_last)

    def _reparametrization(
        self, curvature: Curvature | None, alpha: Vector
    ) -> Reparametrization | None:
        """The change of variables for a curvature, or None if it is not finite."""
        if curvature is not None and not curvature.is_finite():
            return None
        if curvature is None or self._preconditioner is None:
            return Identity()
        penalty = alpha / self._total_weight
        return self._preconditioner.reparametrization(
            self._network, curvature, penalty, self._map_shards
        )

    def finish(self, progress: Progress, reason: StopReason) -> Solution:
        """The solution, with the loss and gradient for all rows and the last penalty."""
        validation = progress.validation
        is_restored = validation is not None and self._settings.patience is not None
        # If a stage is cut short, the loss may still be that of other rows or another penalty.
        if is_restored or not reason.completes_stage:
            if validation is not None and is_restored:
                progress.theta = validation.best_theta
            objective = Objective(self._network, self._rows, progress.alpha, self._map_shards)
            progress.loss, gradient = objective(progress.theta)
            progress.gradient_norm = float(np.abs(gradient).max())
            progress.n_fev += 1
        return progress.solution(reason)
