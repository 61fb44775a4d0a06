"""One training run: a sequence of rounds, from initial weights to a solution.

A round has its rows. It takes the curvature at the current weights, derives from it the
penalty of each layer, if that is to be found, and the solver's coordinates, and then runs the
solver. The last round has all rows. On large data, the first rounds run on samples that double
in size, each of which holds the one before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from skneural._curvature import (
    Coordinates,
    Curvature,
    Factors,
    Identity,
    Kronecker,
    Preconditioner,
    diagonal,
    evidence,
    feature_moments,
    floored,
    layer_curvature,
    optimism,
    standardised_spectrum,
)
from skneural._data import Data, MapShards, RandomOrder, shard_map
from skneural._network import Network, Objective, log_loss, total_weight, weighted_rows
from skneural._training.monitor import Monitor, Observer, Solution, Stop, Validation
from skneural._training.solvers import Optimizer
from skneural._typing import Vector

ROUND_ITERATIONS = 15
SAMPLE_ITERATIONS = 8  # a sample has less to teach
EARLY_ROUNDS = 3
SMALLEST_SAMPLE = 5000
SMALLEST_SHARE = 4  # the first sample is a quarter of the rows

_ENDS_OF_ROUNDS = ("tol", "max_iter", "precision")
_TOO_LARGE = (
    "Loss or gradient overflow at the initial weights: the features are too large for this "
    "dtype. Scale them first, for example with StandardScaler."
)


@dataclass(frozen=True)
class Settings:
    """What a run is told beside the data and the start."""

    alpha: float | None  # None: by the evidence
    optimizer: Optimizer
    preconditioner: Preconditioner | None
    tol: float
    max_iter: int
    verbose: bool = False
    patience: int | None = None  # iterations without a better validation score


class Round(NamedTuple):
    n_rows: int
    max_iter: int  # counted from the first round's first


def plan_rounds(n_rows: int, max_iter: int, may_sample: bool) -> list[Round]:
    """Early rounds of 15 iterations, or 8 on samples; a last one with all rows until `max_iter`.

    There are samples only if it is sure that all rows get their turn.
    """
    share = 1
    if may_sample and max_iter > EARLY_ROUNDS * ROUND_ITERATIONS:
        while share < SMALLEST_SHARE and n_rows // (2 * share) >= SMALLEST_SAMPLE:
            share *= 2
    rounds, end = [], 0
    for _ in range(EARLY_ROUNDS):
        end += SAMPLE_ITERATIONS if share > 1 else ROUND_ITERATIONS
        if end < max_iter:
            rounds.append(Round(n_rows // share, end))
        share = max(share // 2, 1)
    return [*rounds, Round(n_rows, max_iter)]


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

    An interruption from the keyboard ends the run, and its last iterate is the solution. One
    that comes before there is any iterate is passed on.

    Parameters
    ----------
    validation_rows : Data, optional
        The log loss on them is recorded after each iteration; with a patience, the weights
        where it is lowest are the solution.

    Raises
    ------
    ValueError
        If loss or gradient overflow at the first weights.
    """
    rows = weighted_rows(network.output, rows)  # a sample of others might have no weight at all
    with shard_map(float(rows.n_rows) * network.n_parameters) as map_shards:
        run = _Run(network, rows, settings, seed, start, map_shards)
        restored = None
        if validation_rows is None:
            reason = run.all_rounds(observers)
        else:
            score = partial(log_loss, network, validation_rows, map_shards=map_shards)
            validation = Validation(score, settings.patience)
            if start is not None:
                validation.consider(run.solution)
            reason = run.all_rounds([validation, *observers])
            restored = validation.best_theta if settings.patience else None
        return run.finish(reason, restored)


class _Run:
    """The state that goes from round to round."""

    def __init__(
        self,
        network: Network,
        rows: Data,
        settings: Settings,
        seed: int,
        start: Vector | None,
        map_shards: MapShards,
    ) -> None:
        self._network = network
        self._rows = rows
        self._settings = settings
        self._map_shards = map_shards
        self._total_weight = total_weight(network.output, rows, map_shards)
        # Weights that sum to 1 or less, as those of boosting do, are shares, and count nothing.
        are_shares = self._total_weight < 1 + 1e-9
        self._n_observed = float(rows.n_rows) if are_shares else self._total_weight
        self._is_new = start is None
        self._order: RandomOrder | None = None
        self._n_trained = rows.n_rows  # rows of the last round; those after it are unseen
        self._unseen_dispersion: float | None = None
        self._features: Factors | None = None  # those of the first layer, between rounds
        self._spectrum: Vector | None = None
        self._rng = np.random.RandomState(seed)
        mean, variance = feature_moments(network.output, rows, map_shards)
        if not np.isfinite([mean, variance]).all():
            raise ValueError(_TOO_LARGE)
        variance = floored(variance)
        self._preconditioner = settings.preconditioner
        if self._preconditioner is Preconditioner.AUTO:
            work = float(rows.n_rows) * network.n_parameters
            self._preconditioner = Preconditioner.where_it_pays(work, variance)
        if start is None:
            start = network.initial_weights(self._rng, mean, np.sqrt(variance))
        n_layers = len(network.layers(start))
        alpha = np.full(n_layers, np.nan if settings.alpha is None else settings.alpha)
        self.solution = Solution(start, alpha)

    def all_rounds(self, observers: Sequence[Observer]) -> str:
        """Run them; returns why the last one ended."""
        settings = self._settings
        monitor = Monitor(
            self.solution, tol=settings.tol, verbose=settings.verbose, observers=observers
        )
        plan = [Round(self._rows.n_rows, settings.max_iter)]
        if settings.alpha is None or self._preconditioner is not None:
            plan = plan_rounds(*plan[0], may_sample=self._is_new)
        try:
            for number, one in enumerate(plan, 1):
                reason = self._round(one, monitor)
                if np.isnan(self.solution.loss):
                    raise ValueError(_TOO_LARGE)
                has_all_rows = one.n_rows == self._rows.n_rows
                if reason == "early_stopping" and not has_all_rows:
                    continue  # it is the sample that has no more to teach
                if reason not in _ENDS_OF_ROUNDS:
                    return reason
                is_settled = has_all_rows and settings.alpha is not None
                if number == len(plan) or (reason == "tol" and is_settled):
                    return reason
        except KeyboardInterrupt:
            if np.isnan(self.solution.loss):
                raise
        return "interrupted"

    def finish(self, reason: str, restored: Vector | None) -> Solution:
        """What is measured at the solution speaks of all rows."""
        solution = self.solution
        # A round may be cut short when the rows or the penalty are new, and the loss is not.
        is_stale = reason not in _ENDS_OF_ROUNDS or self._n_trained < self._rows.n_rows
        if restored is not None or is_stale:
            solution.theta = solution.theta if restored is None else restored
            objective = Objective(self._network, self._rows, solution.alpha, self._map_shards)
            solution.loss, gradient = objective(solution.theta)
            solution.gradient_norm = float(np.abs(gradient).max())
            solution.n_fev += 1
        solution.stop_reason = reason
        return solution

    def _round(self, one: Round, monitor: Monitor) -> str:
        """Run the solver on some or all of the rows; returns why it ended."""
        solution, output = self.solution, self._network.output
        try:
            rows = self._first(0, one.n_rows)
            coordinates = self._start_round(rows, one.n_rows)
            if one.max_iter == self._settings.max_iter:
                self._features = self._spectrum = None  # there are no more rounds
            share = total_weight(output, rows, self._map_shards) / self._total_weight
            objective = Objective(self._network, rows, solution.alpha * share, self._map_shards)
            monitor.begin(objective, coordinates, one.max_iter)
            # A line search may fail because of what the solver remembers, or at the kink of an
            # activation, where there is progress to be made in other directions: start afresh.
            while True:
                loss = solution.loss
                start = np.zeros_like(solution.theta)
                self._settings.optimizer.minimize(
                    monitor.evaluate, monitor.hessian_product, start, monitor.after_iteration
                )
                if not solution.loss < loss:
                    return "precision"
                coordinates = self._coordinates(self._curvature(rows))
                monitor.begin(objective, coordinates, one.max_iter)
        except Stop as stop:
            return stop.reason
        except OverflowError:
            return "overflow"

    def _start_round(self, rows: Data, n_rows: int) -> Coordinates:
        """Set penalty and coordinates, by the curvature on unseen rows if there are any."""
        n_before, self._n_trained = self._n_trained, n_rows
        unseen = n_before < n_rows
        curvature = self._curvature(self._first(n_before, n_rows) if unseen else rows)
        if curvature is not None:
            self._features = curvature.factors[0]
            if self._settings.alpha is None:
                self.solution.alpha = self._evidence(curvature, unseen)
        return self._coordinates(curvature)

    def _curvature(self, rows: Data) -> Curvature | None:
        """The curvature at the current weights, if it is needed."""
        preconditioner = self._preconditioner
        if self._settings.alpha is not None and preconditioner is None:
            return None
        largest = (preconditioner or Preconditioner.AUTO).largest_dimensions(self._rows.n_rows)
        theta = self.solution.theta
        curvature = layer_curvature(
            self._network, theta, rows, self._map_shards, largest, self._features
        )
        if not all(np.isfinite(part).all() for factors in curvature.factors for part in factors):
            raise Stop("overflow")
        return curvature

    def _coordinates(self, curvature: Curvature | None) -> Coordinates:
        preconditioner = self._preconditioner
        if curvature is None or preconditioner is None:
            return Identity()
        factors = preconditioner.choose(curvature.factors)
        penalty = self.solution.alpha / self._total_weight
        return Kronecker(self._network, factors, penalty, self._map_shards)

    def _evidence(self, curvature: Curvature, unseen: bool) -> Vector:
        layers = self._network.layers(self.solution.theta)
        if self._spectrum is None:
            A = curvature.factors[0].A
            self._spectrum = next(iter(self._map_shards(_feature_spectrum, [A])))
        alpha, gamma = evidence(
            curvature.factors,
            layers,
            self._n_observed,
            self._map_shards,
            spectrum=self._spectrum,
        )
        alpha *= self._total_weight / self._n_observed  # the penalty is relative to the weights
        if unseen:
            self._unseen_dispersion = curvature.dispersion
        if self._unseen_dispersion is not None:
            return alpha * self._unseen_dispersion
        if self._is_new and not self.solution.loss_curve:
            return alpha * curvature.dispersion
        n_observations = self._n_observed * self._network.output.n_degrees
        return alpha * (curvature.dispersion + optimism(gamma, n_observations))

    def _first(self, start: int, stop: int) -> Data:
        """Rows by their places in a random order; all are taken as they come."""
        if stop - start == self._rows.n_rows:
            return self._rows
        if self._order is None:
            self._order = RandomOrder(self._rows, self._rng)
        return self._rows.sample(self._order.part(start, stop))


def _feature_spectrum(A: Vector) -> Vector:
    return standardised_spectrum(A, floored(diagonal(A)))
