"""Neighbouring columns that belong together: the units, or the classes, of each target.

Arrays of the output layer are best in Fortran order, in which columns are contiguous. Reductions
then run over whole columns, which takes a fraction of the time of many short runs along the rows.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from skneural._typing import FloatArray


class Partition:
    """Columns 0, 1, ... in parts of neighbours.

    Parameters
    ----------
    sizes : sequence of int
        The number of columns of each part.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = tuple(sizes)
        self.n_parts = len(self.sizes)
        edges = np.cumsum([0, *self.sizes])
        self.n_columns = int(edges[-1])
        self.starts = edges[:-1]
        """The first column of each part."""
        self.part = np.repeat(np.arange(self.n_parts), self.sizes)
        """The part of each column."""
        self._edges = edges.tolist()
        self._is_even = len(set(self.sizes)) == 1

    def sums(self, values: FloatArray, dtype: DTypeLike | None = None) -> FloatArray:
        """The sum of the columns of each part; shape (rows, n_parts)."""
        return self._reduce(np.add, values, dtype)

    def maxima(self, values: FloatArray) -> FloatArray:
        """The greatest of the columns of each part; shape (rows, n_parts)."""
        return self._reduce(np.maximum, values)

    def spread(self, values: Any) -> Any:
        """Repeat the column of each part for its members; a single column may broadcast."""
        return values if values.shape[1] == 1 else values.T.take(self.part, axis=0).T

    def split(self, values: Any) -> list[Any]:
        """The columns of each part, as views."""
        return [values[:, start:stop] for start, stop in pairwise(self._edges)]

    def _reduce(
        self, ufunc: np.ufunc, values: FloatArray, dtype: DTypeLike | None = None
    ) -> FloatArray:
        if not self._is_even:
            return np.asarray(ufunc.reduceat(values, self.starts, axis=1, dtype=dtype))
        parts = values.T.reshape(self.n_parts, self.sizes[0], len(values))
        return np.asarray(ufunc.reduce(parts, axis=1, dtype=dtype).T)
