"""A function of rows, block by block, into one array."""

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from skneural._data.rows import BLOCK_NUMBERS, Rows, Shard, computable, default_block_rows
from skneural._data.threads import shard_map


def map_rows(function: Callable[[Any], Any], X: Any, width: int = 1, work: float = 0.0) -> Any:
    """The function's results for the features of each block, in one array.

    Besides the result, memory holds only the blocks in progress.

    Parameters
    ----------
    function : callable
        Returns an array with a row for each row of a block.
    X : ndarray or CSR array or matrix of shape (n_rows, n_features)
        Features of any numeric dtype.
    width : int, default=1
        The most numbers that `function` computes for a row at a time. Wide blocks are short, so
        that they stay in cache.
    work : float, default=0
        The number of multiplications.
    """
    block_rows = max(min(default_block_rows(X, X.shape[1]), BLOCK_NUMBERS // width), 1)
    if X.shape[0] <= block_rows:
        with shard_map(0):
            return function(computable(X))
    rows = Rows(X, block_rows=block_rows)
    nothing = function(rows.features(slice(0, 0)))
    result = np.empty((rows.n_rows, *nothing.shape[1:]), nothing.dtype)

    def fill(shard: Shard) -> None:
        for block in shard:
            result[block] = function(rows.features(block))

    with shard_map(work) as map_shards:
        deque(map_shards(fill, rows.shards), maxlen=0)
    return result
