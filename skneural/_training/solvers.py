"""Adapters to `scipy.optimize.minimize`; they know nothing of networks or data.

Scipy's own tests for convergence are switched off: each solver has other ones, on other
norms. Whoever minimises decides in the callback, after every iteration, when to stop, and
stops by raising an exception there. Left alone, a solver returns only where it gives up.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from skneural._typing import Vector

Function = Callable[[Vector], tuple[float, Vector]]
HessianProduct = Callable[[Vector, Vector], Vector]
Callback = Callable[[Vector], None]

T = TypeVar("T")

_UNLIMITED = 2**31 - 1  # the largest number that every solver takes
_DENSE_LIMIT = 4096  # parameters; BFGS multiplies matrices of that size in every iteration
# Iterations in a row that do not lower the function, before a second-order solver is ended. A
# trust region of radius 1000, the largest, is less than the spacing of the numbers around 1
# when it has been quartered 31 times: log4(1000 * 2^52) = 30.98.
_PATIENCE = 31
# What a second-order solver minimises is so many times the function, of which it takes squares
# and cubes of gradients for 0 where they are below the spacing of the numbers around 1, and
# solves for a step the more exactly the smaller the gradient. A power of two changes no bit.
_MAGNIFIED = 2.0**20
_STATIONARY = 1e-100  # a norm whose square is still a number; trust regions divide by that


@dataclass(frozen=True)
class Optimizer:
    """A method of `scipy.optimize.minimize` for functions that give their gradient.

    Parameters
    ----------
    method : str
        Scipy's name for it.
    options : mapping
        Scipy's options for it.
    dense : bool, default=False
        Whether it allocates matrices of n_parameters x n_parameters.
    second_order : bool, default=False
        Whether it uses products with the Hessian.
    """

    method: str
    options: Mapping[str, float]
    dense: bool = False
    second_order: bool = False

    def check(self, n_parameters: int, rough_activations: Sequence[str]) -> None:
        """Refuse a problem that is too large for dense matrices, or has no second derivative.

        Parameters
        ----------
        n_parameters : int
        rough_activations : sequence of str
            The activations of the network that are not smooth.

        Raises
        ------
        ValueError
        """
        if self.dense and n_parameters > _DENSE_LIMIT:
            raise ValueError(
                f"solver={self.method.lower()!r} needs dense matrices of n_weights x n_weights, "
                f"and takes at most {_DENSE_LIMIT} weights; "
                f"hidden_layer_sizes and the data make it {n_parameters}. Use solver='lbfgs'."
            )
        if self.second_order and rough_activations:
            raise ValueError(
                f"solver={self.method.lower()!r} uses second derivatives, which "
                f"activation={rough_activations[0]!r} does not have. Use a smooth activation, "
                "such as 'tanh' or 'softplus', or solver='lbfgs'."
            )

    def minimize(
        self,
        function: Function,
        hessian_product: HessianProduct,
        start: Vector,
        callback: Callback,
    ) -> None:
        """Minimise from `start`, telling `callback` each iterate, until it raises.

        `function` gives its value and gradient, `hessian_product` the product of its Hessian,
        at the first vector, with the second.

        Raises
        ------
        OverflowError
            If the solver's own arithmetic overflows, and it does not go on.
        """
        raised: list[BaseException] = []
        function = _noting(raised, function)
        hessian_product = _noting(raised, hessian_product)
        callback = _noting(raised, callback)
        # Where the solver's own arithmetic overflows, what it tries next is not finite.
        with np.errstate(over="ignore", invalid="ignore"):
            if self.second_order:
                problem = _magnified(function, hessian_product)
                problem["callback"] = _while_it_falls(callback, start)
            else:
                problem = {"fun": function, "callback": callback}
            try:
                minimize(
                    x0=start, jac=True, method=self.method, options=dict(self.options), **problem
                )
            except ValueError as error:
                if error in raised:
                    raise
                # Scipy found infinite numbers in its own arithmetic.
                raise OverflowError from error
        if raised:  # a StopIteration, which scipy keeps to itself
            raise raised[0]


def _noting(raised: list[BaseException], function: Callable[..., T]) -> Callable[..., T]:
    """The function, with a note of what it raises."""

    def noting(*arguments: Vector) -> T:
        try:
            return function(*arguments)
        except BaseException as error:
            raised.append(error)
            raise

    return noting


def _magnified(function: Function, hessian_product: HessianProduct) -> dict[str, Any]:
    """Scipy's arguments for a multiple of a function that has second derivatives."""

    def magnified(x: Vector) -> tuple[float, Vector]:
        value, gradient = function(x)
        return _MAGNIFIED * value, _MAGNIFIED * gradient

    def magnified_product(x: Vector, direction: Vector) -> Vector:
        return _MAGNIFIED * hessian_product(x, direction)

    return {"fun": magnified, "hessp": magnified_product}


def _while_it_falls(callback: Callback, start: Vector) -> Callable[[OptimizeResult], None]:
    """A callback for scipy that passes new iterates on, and ends a run that has come to a halt.

    By themselves, trust regions shrink for ever where no step lowers the function, which
    rounding prevents in the end, and Newton's method takes steps that change no digit of it.
    """
    last, lowest, n_idle = start, np.inf, 0

    def after_iteration(intermediate_result: OptimizeResult) -> None:
        nonlocal last, lowest, n_idle
        x, value = intermediate_result.x, intermediate_result.fun
        if not np.array_equal(x, last):  # a step that is refused is no iteration
            last = x.copy()
            callback(x)
        n_idle = 0 if value < lowest else n_idle + 1
        lowest = min(value, lowest)
        if n_idle == _PATIENCE:
            raise StopIteration  # which scipy takes as a wish to end the run

    return after_iteration


OPTIMIZERS: Mapping[str, Optimizer] = MappingProxyType(
    {
        "lbfgs": Optimizer(
            "L-BFGS-B",
            {"maxiter": _UNLIMITED, "maxfun": _UNLIMITED, "ftol": 0, "gtol": 0, "maxcor": 10},
        ),
        "cg": Optimizer("CG", {"maxiter": _UNLIMITED, "gtol": 0}),
        "bfgs": Optimizer("BFGS", {"maxiter": _UNLIMITED, "gtol": 0}, dense=True),
        "tnc": Optimizer("TNC", {"maxfun": _UNLIMITED, "ftol": 0, "xtol": 0, "gtol": 0}),
        "newton-cg": Optimizer("Newton-CG", {"maxiter": _UNLIMITED, "xtol": 0}, second_order=True),
        "trust-ncg": Optimizer(
            "trust-ncg", {"maxiter": _UNLIMITED, "gtol": _STATIONARY}, second_order=True
        ),
        "trust-krylov": Optimizer(
            "trust-krylov",
            {"maxiter": _UNLIMITED, "gtol": _STATIONARY},
            dense=True,
            second_order=True,
        ),
    }
)
