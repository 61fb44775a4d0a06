"""One training run: from initial weights to a solution."""

import numpy as np

from skneural._callbacks import Monitor, Solution, Stop
from skneural._network import Network
from skneural._objective import Objective
from skneural._optimizers import Optimizer
from skneural._rows import Rows, lane_map
from skneural._typing import Vector


def train(
    network: Network,
    rows: Rows,
    start: Vector,
    *,
    alpha: Vector,
    optimizer: Optimizer,
    tol: float,
    max_iter: int,
    verbose: bool,
) -> Solution:
    """Minimise the objective from `start`.

    An interruption from the keyboard ends the run, and its last iterate is the solution. One
    that comes before there is any iterate is passed on.
    """
    solution = Solution(start)
    with lane_map(float(rows.n_rows) * network.n_parameters) as map_lanes:
        objective = Objective(network, rows, alpha, map_lanes)
        monitor = Monitor(
            objective,
            objective.hessian_product,
            solution,
            tol=tol,
            max_iter=max_iter,
            verbose=verbose,
        )
        try:
            monitor.start()
            _minimize(monitor, optimizer)
        except Stop as stop:
            solution.stop_reason = stop.reason
        except KeyboardInterrupt:
            if np.isnan(solution.loss):
                raise
            solution.stop_reason = "interrupted"
    return solution


def _minimize(monitor: Monitor, optimizer: Optimizer) -> None:
    """Run the solver, and start it afresh from where it gave up as long as that helps.

    A line search may fail because of what the solver remembers, or at the kink of an
    activation, where there is progress to be made in other directions.
    """
    loss = np.inf
    while monitor.solution.loss < loss:
        loss = monitor.solution.loss
        optimizer.minimize(
            monitor.evaluate,
            monitor.hessian_product,
            monitor.solution.theta,
            monitor.after_iteration,
        )
