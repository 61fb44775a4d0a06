"""Rows in blocks and shards, sums over them, threads, samples and splits."""

from skneural._data.mapping import map_rows
from skneural._data.merging import canonical, group_sums, is_small
from skneural._data.positions import BlockIndex
from skneural._data.rows import (
    BLOCK_NUMBERS,
    N_SHARDS,
    Data,
    Rows,
    Shard,
    ShardFunction,
    SumsT,
    code_columns,
    computation_dtype,
    cut,
    without_duplicates,
)
from skneural._data.stratify import RandomOrder, random_split, split_observations, stratified_folds
from skneural._data.sums import Sums, Total
from skneural._data.threads import MapShards, shard_map

__all__ = [
    "BLOCK_NUMBERS",
    "N_SHARDS",
    "BlockIndex",
    "Data",
    "MapShards",
    "RandomOrder",
    "Rows",
    "Shard",
    "ShardFunction",
    "Sums",
    "SumsT",
    "Total",
    "canonical",
    "code_columns",
    "computation_dtype",
    "cut",
    "group_sums",
    "is_small",
    "map_rows",
    "random_split",
    "shard_map",
    "split_observations",
    "stratified_folds",
    "without_duplicates",
]
