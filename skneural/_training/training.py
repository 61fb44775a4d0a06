"""One training run, from initial weights to a solution."""

from collections.abc import Sequence
from functools import partial

from skneural._data import Data, shard_map
from skneural._network import Network, log_loss, weighted_rows
from skneural._training.progress import Progress, least_fall
from skneural._training.run import Run
from skneural._training.settings import Settings
from skneural._training.solution import Observer, Solution, StopReason
from skneural._training.validation import Validation
from skneural._typing import Vector


def train(
    network: Network,
    rows: Data,
    settings: Settings,
    *,
    seed: int,
    sample_seed: int = 0,
    start: Vector | None = None,
    observations_per_weight: float = 1.0,
    validation_rows: Data | None = None,
    observers: Sequence[Observer] = (),
) -> Solution:
    """Minimise the objective from `start`, or from random weights.

    An interruption from the keyboard ends the run like any other reason to stop. If the objective
    has not been evaluated yet, the interruption is raised; likewise a second one while the solution
    is evaluated.

    Parameters
    ----------
    seed, sample_seed : int
        Seeds of the initial weights and of samples for the curvature, and of the samples of the
        stages. Runs with the same samples are judged on the same rows.
    observations_per_weight : float, default=1.0
        The number of observations that a sample weight of 1 stands for.
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
        is_new = start is None
        seeds = seed, sample_seed
        run = Run(network, rows, settings, seeds, is_new, observations_per_weight, map_shards)
        theta = run.formulation.initial_weights() if start is None else start
        validation = None
        if validation_rows is not None:
            measure = partial(log_loss, network, validation_rows, map_shards=map_shards)
            validation = Validation(measure, theta, settings.patience)
        progress = Progress(
            theta,
            tol=settings.tol,
            fall=least_fall(run.formulation.size.n_observed),
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
