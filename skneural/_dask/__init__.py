"""Fits and predictions on dask collections; only this room imports dask."""

from skneural._dask.collections import (
    check_names,
    dask_data,
    dask_validation_data,
    in_memory,
    is_dask,
    map_chunks,
)

__all__ = [
    "check_names",
    "dask_data",
    "dask_validation_data",
    "in_memory",
    "is_dask",
    "map_chunks",
]
