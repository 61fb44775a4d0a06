"""Named sums over rows, which can be added to each other."""

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np


@dataclass
class Sums:
    """Base class of sums over some rows; ``a += b`` adds the sums over other rows in place.

    The fields of a subclass are numbers, arrays, or lists of arrays.
    """

    def __iadd__(self, other: Self) -> Self:
        for field in fields(self):
            total = _added(getattr(self, field.name), getattr(other, field.name))
            setattr(self, field.name, total)
        return self

    def in_double(self) -> Self:
        """A copy in float64, to which other sums can be added."""
        return type(self)(*(_double(getattr(self, field.name)) for field in fields(self)))


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
