"""Rows in blocks and shards, sums over them, threads, samples and splits."""

from skneural._data.rows import (
    BLOCK_NUMBERS,
    N_LANES,
    Data,
    Lane,
    LaneSums,
    Rows,
    Sums,
    add,
    canonical,
    code_columns,
    computation_dtype,
    group_sums,
    is_small,
    map_rows,
)
from skneural._data.stratify import Pages, RandomOrder, random_split, stratified_folds
from skneural._data.threads import MapLanes, lane_map

__all__ = [
    "BLOCK_NUMBERS",
    "N_LANES",
    "Data",
    "Lane",
    "LaneSums",
    "MapLanes",
    "Pages",
    "RandomOrder",
    "Rows",
    "Sums",
    "add",
    "canonical",
    "code_columns",
    "computation_dtype",
    "group_sums",
    "is_small",
    "lane_map",
    "map_rows",
    "random_split",
    "stratified_folds",
]
