"""Rows at some positions, and positions of many rows, computed only when they are needed."""

from typing import Any

import numpy as np
import scipy.sparse as sp

from skneural._typing import IntArray


def rows_at(array: Any, positions: Any) -> Any:
    """The rows of a dense or sparse array in a slice, or at some positions.

    Short rows are taken twice as fast by `take` as by an index. But it copies an array as a whole
    that is not stored row after row, and aligned.
    """
    is_slice = isinstance(positions, slice)
    if is_slice or sp.issparse(array) or not (array.flags.c_contiguous and array.flags.aligned):
        return array[positions]
    return array.take(positions, axis=0)


class BlockIndex:
    """Ascending positions of the rows in chosen blocks of neighbouring rows.

    Parameters
    ----------
    blocks : array of int
        Numbers of the chosen blocks, in ascending order.
    size : int
        Number of rows in a block.
    n_rows : int
        Number of rows in all blocks, chosen or not; the last block may be shorter than the others.
    """

    def __init__(self, blocks: IntArray, size: int, n_rows: int) -> None:
        self._blocks = blocks
        self._size = size
        end = (int(blocks[-1]) + 1) * size if len(blocks) else 0
        self._length = len(blocks) * size - max(end - n_rows, 0)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, BlockIndex):
            return _NestedIndex(self, index)
        if isinstance(index, slice):
            index = np.arange(*index.indices(self._length))
        block, row = np.divmod(index, self._size)
        return np.asarray(self._blocks[block] * self._size + row)

    def n_before(self, row: int) -> int:
        """The number of chosen rows that come before a row."""
        block, within = divmod(row, self._size)
        i = int(np.searchsorted(self._blocks, block))
        is_chosen = i < len(self._blocks) and self._blocks[i] == block
        return min(i * self._size + (within if is_chosen else 0), self._length)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> IntArray:
        return np.asarray(self[:], dtype=dtype or np.intp)


class _NestedIndex:
    """Positions, among all rows, of rows that are chosen from a sample.

    Parameters
    ----------
    sample : sequence of int
        Positions of the sample among all rows; can be indexed by slices and arrays.
    chosen : BlockIndex
        Positions of the chosen rows in the sample.
    """

    def __init__(self, sample: Any, chosen: BlockIndex) -> None:
        self._sample = sample
        self._chosen = chosen

    def __len__(self) -> int:
        return len(self._chosen)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, BlockIndex):
            return _NestedIndex(self, index)
        return self._sample[self._chosen[index]]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> IntArray:
        return np.asarray(self[:], dtype=dtype or np.intp)
