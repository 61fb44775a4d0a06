"""Arrays that each thread keeps from one block of rows to the next.

Large arrays that are allocated for each block cost more than the memory: the allocator returns them
to the operating system, which has to clear them again for the next block.
"""

from collections.abc import Hashable
from math import prod
from threading import local
from typing import Any

import numpy as np
import scipy.sparse as sp

from skneural._typing import FloatArray


class Workspace(local):
    """Arrays by name, of which each thread has its own.

    A copy that is sent to another process is empty.
    """

    def __init__(self) -> None:
        self._arrays: dict[Hashable, FloatArray] = {}

    def __reduce__(self) -> tuple[type["Workspace"], tuple[()]]:
        return Workspace, ()

    def empty(self, name: Hashable, shape: tuple[int, ...], dtype: Any) -> FloatArray:
        """An array with arbitrary values, which the next one of that name overwrites."""
        size = prod(shape)
        kept = self._arrays.get(name)
        if kept is None or kept.size < size or kept.dtype != dtype:
            kept = self._arrays[name] = np.empty(size, dtype)
        return kept[:size].reshape(shape)

    def product(self, name: Hashable, a: Any, b: Any) -> Any:
        """``a @ b``, in an array of that name unless one of them is sparse."""
        if sp.issparse(a) or sp.issparse(b):
            return a @ b
        shape = a.shape[0], b.shape[1]
        return np.matmul(a, b, out=self.empty(name, shape, np.result_type(a, b)))
