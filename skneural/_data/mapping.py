"""A function of rows, block by block, into one array."""

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from skneural._data.rows import Rows, Shard, cut
from skneural._data.threads import shard_map


def map_rows(function: Callable[[Any], Any], X: Any, most_rows: int, *, work: float = 0.0) -> Any:
    """The function's results for the features of each block, in one array.

    Besides the result, memory holds only the blocks in progress, of at most `most_rows` rows each.
    `work` is the number of multiplications.
    """
    rows = Rows(X)
    nothing = function(rows.features(slice(0, 0)))
    result = np.empty((rows.n_rows, *nothing.shape[1:]), nothing.dtype)

    def fill(shard: Shard) -> None:
        for block in cut(shard, most_rows):
            result[block] = function(rows.features(block))

    with shard_map(work) as map_shards:
        deque(map_shards(fill, rows.shards), maxlen=0)
    return result
