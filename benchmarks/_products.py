"""The matrix products of an evaluation, with which it is compared."""

from itertools import pairwise

import numpy as np

from skneural._data import shard_map

N_SHARDS = 16


def products(X, units, block_rows=None):
    """A function that makes the products of a forward and a backward pass, and does nothing else.

    With `block_rows`, blocks run on threads with BLAS held to one; without, BLAS does the
    threading of whole matrices.
    """
    n_shards, block_rows = (N_SHARDS, block_rows) if block_rows else (1, len(X))
    rng = np.random.default_rng(0)
    sizes = [X.shape[1], *units]
    coefs = [rng.random(shape).astype(X.dtype) for shape in pairwise(sizes)]
    shards = np.array_split(np.arange(0, len(X), block_rows), n_shards)

    def shard(starts):
        values = [np.empty((block_rows, size), X.dtype) for size in units]
        deltas = [np.ones((block_rows, size), X.dtype) for size in units]
        slopes = [np.empty_like(coef) for coef in coefs]
        for start in starts:
            inputs = [X[start : start + block_rows]]
            n = len(inputs[0])
            for coef, z in zip(coefs, values, strict=True):
                np.dot(inputs[-1], coef, out=z[:n])
                inputs.append(z[:n])
            for depth in reversed(range(len(coefs))):
                np.dot(inputs[depth].T, deltas[depth][:n], out=slopes[depth])
                if depth:
                    np.dot(deltas[depth][:n], coefs[depth].T, out=deltas[depth - 1][:n])

    def multiply():
        if n_shards == 1:
            shard(shards[0])
        else:
            with shard_map(np.inf) as map_shards:
                list(map_shards(shard, shards))

    return multiply
