"""Named sums over rows, which can be added to each other."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np


@dataclass
class Sums:
    """Base class of sums over some rows; ``a += b`` adds the sums over other rows in place.

    The fields of a subclass are numbers, arrays, or lists of arrays.
    """

    def __iadd__(self, other: Self) -> Self:
        for name, part in vars(other).items():
            setattr(self, name, _added(getattr(self, name), part))
        return self

    def in_double(self) -> Self:
        """A copy in float64, to which other sums can be added."""
        return type(self)(**{name: _double(value) for name, value in vars(self).items()})


@dataclass
class Total(Sums):
    """A single sum."""

    value: Any


def _added(total: Any, part: Any) -> Any:
    if isinstance(total, list):
        return [_added(*pair) for pair in zip(total, part, strict=True)]
    total += part
    return total


def _double(value: Any) -> Any:
    if isinstance(value, list):
        return [_double(part) for part in value]
    return np.array(value, dtype=np.float64)
