"""Warnings that point at the caller of this package."""

import inspect
import warnings

_OWN = ("skneural", "sklearn.callback")  # with_callbacks, which decorates fits, adds frames


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Issue a warning for the line that called this package.

    The number of frames between depends on the version of scikit-learn, so they are counted.
    """
    frame, level = inspect.currentframe(), 1
    while frame is not None and _is_own(frame.f_globals.get("__name__", "")):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def _is_own(module: str) -> bool:
    return any(module == own or module.startswith(f"{own}.") for own in _OWN)
