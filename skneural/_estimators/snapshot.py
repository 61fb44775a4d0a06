"""Methods that read the fitted attributes of a single fit."""

from collections.abc import Callable
from copy import copy
from functools import wraps
from typing import Any


def on_snapshot(method: Callable[..., Any]) -> Callable[..., Any]:
    """Call a method on a shallow copy of the estimator.

    `fit` replaces all attributes at once. If another thread does so while the method runs, the
    method still sees those of one fit.
    """

    @wraps(method)
    def call(estimator: Any, *arguments: Any, **keywords: Any) -> Any:
        return method(copy(estimator), *arguments, **keywords)

    return call
