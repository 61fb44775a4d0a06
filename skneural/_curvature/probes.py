"""Combinations of the roots of an output's Fisher matrix, to be propagated back."""

from collections.abc import Iterable

import numpy as np

from skneural._typing import FloatArray

EXACT_ROOTS = 32  # more roots are combined by probes
N_PROBES = 8


def probes(n_roots: int, start: int, stop: int) -> Iterable[FloatArray]:
    """Combinations of the roots of the output's Fisher matrix: unit vectors, or random signs.

    The signs of a row depend on its position in the sample, not on its block.
    """
    if n_roots <= EXACT_ROOTS:
        return np.eye(n_roots)
    return (_signs(n_roots, start, stop, seed) / np.sqrt(N_PROBES) for seed in range(N_PROBES))


def _signs(n_roots: int, start: int, stop: int, seed: int) -> FloatArray:
    """Random signs of shape (rows, n_roots), from one stream of bits for all rows."""
    draws_per_row = -(-n_roots // 256)  # Philox gives 256 bits at a time
    generator = np.random.Philox(key=seed).advance(start * draws_per_row)
    words = generator.random_raw((stop - start) * draws_per_row * 4)
    bits = np.unpackbits(words.astype("<u8").view(np.uint8)).reshape(stop - start, -1)
    return 2.0 * bits[:, :n_roots] - 1
