"""Solvers, which minimise a problem. One kind wraps methods of `scipy.optimize.minimize`.

Scipy's own tests for convergence are switched off, because they differ between methods, in the norm
too. The problem decides after every iteration whether it is the last.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from scipy.optimize import minimize

from skneural._training.problem import Problem
from skneural._training.solution import StopReason
from skneural._typing import Vector

T = TypeVar("T")

_UNLIMITED = 2**31 - 1  # the largest number that every method accepts


class Solver(ABC):
    """Minimises a problem."""

    second_order: bool = False
    """Whether products with the Hessian are used."""

    @abstractmethod
    def run(self, problem: Problem, start: Vector) -> StopReason:
        """Minimise from `start`, calling `problem.accept` after every iteration.

        Returns the reason that `accept` returned. If the solver ends by itself, the reason is
        PRECISION, or OVERFLOW if values are not finite.
        """

    def check(self, name: str, rough_activations: Sequence[str]) -> None:
        """Refuse activations without a second derivative, if it is used.

        Parameters
        ----------
        name : str
            Name of the solver.
        rough_activations : sequence of str
            The network's activations that are not smooth.

        Raises
        ------
        ValueError
        """
        if self.second_order and rough_activations:
            raise ValueError(
                f"solver={name!r} uses second derivatives, but "
                f"activation={rough_activations[0]!r} has none. Use a smooth activation, "
                "such as 'silu' or 'tanh', or solver='lbfgs'."
            )


@dataclass(frozen=True)
class ScipySolver(Solver):
    """A method of `scipy.optimize.minimize`.

    Parameters
    ----------
    method : str
        Scipy's name of the method.
    options : mapping
        Scipy's options of the method.
    second_order : bool, default=False
        Whether the method uses products with the Hessian.
    magnification : float, default=1.0
        The method minimises this multiple of the function; multiplying by a power of two is exact.
    patience : int or None, default=None
        End after this number of consecutive iterations that do not lower the function.
    starts_with_length_one : bool, default=False
        Whether the method first tries a step of length 1. The unit of the variables is then the
        length of a promising step.
    """

    method: str
    options: Mapping[str, float]
    second_order: bool = False
    magnification: float = 1.0
    patience: int | None = None
    starts_with_length_one: bool = False

    def run(self, problem: Problem, start: Vector) -> StopReason:
        unit = (problem.first_step() or 1.0) if self.starts_with_length_one else 1.0
        calls = _ScipyCalls(problem, self.magnification, unit, self.patience)
        arguments: dict[str, Any] = {"hessp": calls.hessian_product} if self.second_order else {}
        # If the method's own arithmetic overflows, its next iterate is not finite.
        with np.errstate(over="ignore", invalid="ignore"):
            try:
                minimize(
                    calls.evaluate,
                    start,
                    jac=True,
                    method=self.method,
                    callback=calls.after_iteration,
                    options=dict(self.options),
                    **arguments,
                )
            except _Stopped as stopped:
                return stopped.reason
            except ValueError as error:
                if error is calls.raised:
                    raise
                return StopReason.OVERFLOW  # in the method's own arithmetic
        if calls.raised is not None:  # scipy catches StopIteration
            raise calls.raised
        return StopReason.PRECISION


class _Stopped(Exception):
    """Ends a run of scipy from inside."""

    def __init__(self, reason: StopReason) -> None:
        super().__init__(reason)
        self.reason = reason


class _ScipyCalls:
    """The functions that scipy calls, for a multiple of a problem and a unit of its variables."""

    def __init__(
        self, problem: Problem, magnification: float, unit: float, patience: int | None
    ) -> None:
        self._problem = problem
        self._patience = patience
        self._magnification = magnification
        self._unit = unit
        self._slope = magnification * unit
        self._lowest = np.inf
        self._n_idle = 0
        self._linearized_at = np.full(1, np.nan)
        self._product: Callable[[Vector], Vector] | None = None
        self.raised: BaseException | None = None

    def evaluate(self, x: Vector) -> tuple[float, Vector]:
        value, gradient = self._call(self._problem.evaluate, x)
        if not np.isfinite(value):
            raise _Stopped(StopReason.OVERFLOW)
        return self._magnification * value, self._slope * gradient

    def hessian_product(self, x: Vector, direction: Vector) -> Vector:
        if self._product is None or not np.array_equal(x, self._linearized_at):
            self._linearized_at = x.copy()
            self._product = self._call(self._problem.linearize, x)
        product = self._call(self._product, direction)
        if not np.isfinite(product).all():
            raise _Stopped(StopReason.OVERFLOW)
        return self._slope * product

    def after_iteration(self, x: Vector) -> None:
        if reason := self._call(self._problem.accept, x):
            raise _Stopped(reason)
        if self._patience is not None:
            self._end_if_idle(x)

    def _end_if_idle(self, x: Vector) -> None:
        value, _ = self._call(self._problem.evaluate, x)
        self._n_idle = 0 if value < self._lowest else self._n_idle + 1
        self._lowest = min(value, self._lowest)
        if self._n_idle == self._patience:
            raise _Stopped(StopReason.PRECISION)

    def _call(self, function: Callable[..., T], vector: Vector) -> T:
        """Call a function of variables in the problem's unit, or of a change of them.

        An exception is kept, as scipy catches some, and raises its own.
        """
        try:
            return function(self._unit * vector)
        except BaseException as error:
            self.raised = error
            raise


SOLVERS: dict[str, Solver] = {
    "lbfgs": ScipySolver(
        "L-BFGS-B",
        {"maxiter": _UNLIMITED, "maxfun": _UNLIMITED, "ftol": 0, "gtol": 0, "maxcor": 10},
        starts_with_length_one=True,
    ),
    # Newton-CG compares curvatures, which are of the order of squared gradients, with the
    # machine epsilon, and solves for a step more exactly if the gradient is small. With
    # magnification, neither sets in too early.
    "newton-cg": ScipySolver(
        "Newton-CG",
        {"maxiter": _UNLIMITED, "xtol": 0},
        second_order=True,
        magnification=2.0**20,
        patience=10,  # it would go on with steps that change no digit of the function
    ),
}
