"""Methods that read the fitted attributes of a single fit."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def on_snapshot(method: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[Any, P], R]:
    """Call a method on a shallow copy of the estimator.

    `fit` replaces all attributes at once. If another thread does so while the method runs, the
    method still sees those of one fit.
    """

    @wraps(method)
    def call(estimator: Any, /, *arguments: P.args, **keywords: P.kwargs) -> R:
        snapshot = object.__new__(type(estimator))
        vars(snapshot).update(vars(estimator))  # `copy` would check it like a loaded model
        return method(snapshot, *arguments, **keywords)

    return call
