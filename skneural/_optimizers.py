"""Adapters to `scipy.optimize.minimize`; they know nothing of networks or data.

Scipy's own tests for convergence are switched off: each solver has other ones, on other
norms. Whoever minimises decides in the callback, after every iteration, when to stop, and
stops by raising an exception there. Left alone, a solver returns only where it gives up.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from scipy.optimize import minimize

from skneural._typing import Vector

_UNLIMITED = 2**31 - 1  # the largest number that every solver takes
_DENSE_LIMIT = 4096  # parameters; an iteration multiplies matrices of that size several times


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
        Whether it keeps a matrix of n_parameters x n_parameters.
    """

    method: str
    options: Mapping[str, float]
    dense: bool = False

    def check(self, n_parameters: int) -> None:
        """Refuse a problem that is too large for dense matrices.

        Raises
        ------
        ValueError
        """
        if self.dense and n_parameters > _DENSE_LIMIT:
            raise ValueError(
                f"solver={self.method.lower()!r} multiplies dense matrices of n_weights x "
                f"n_weights in every iteration, and takes at most {_DENSE_LIMIT} weights; "
                f"hidden_layer_sizes and the data make it {n_parameters}. Use solver='lbfgs'."
            )

    def minimize(
        self,
        function: Callable[[Vector], tuple[float, Vector]],
        start: Vector,
        callback: Callable[[Vector], None],
    ) -> None:
        """Minimise from `start`, telling `callback` each iterate, until it raises."""
        # Where the solver's own arithmetic overflows, what it tries next is not finite.
        with np.errstate(over="ignore", invalid="ignore"):
            minimize(
                function,
                start,
                jac=True,
                method=self.method,
                callback=callback,
                options=dict(self.options),
            )


OPTIMIZERS: Mapping[str, Optimizer] = MappingProxyType(
    {
        "lbfgs": Optimizer(
            "L-BFGS-B",
            {"maxiter": _UNLIMITED, "maxfun": _UNLIMITED, "ftol": 0, "gtol": 0, "maxcor": 10},
        ),
        "cg": Optimizer("CG", {"maxiter": _UNLIMITED, "gtol": 0}),
        "bfgs": Optimizer("BFGS", {"maxiter": _UNLIMITED, "gtol": 0}, dense=True),
        "tnc": Optimizer("TNC", {"maxfun": _UNLIMITED, "ftol": 0, "xtol": 0, "gtol": 0}),
    }
)
