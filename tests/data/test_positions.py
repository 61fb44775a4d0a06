import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp

from skneural._data.positions import rows_at


def shifted(X):
    """The same numbers, not aligned in memory."""
    return np.frombuffer(b"." + X.tobytes(), np.uint8)[1:].view(X.dtype).reshape(X.shape)


ARRAYS = {
    "rows": np.asarray,
    "columns": np.asfortranarray,
    "strided": lambda X: np.repeat(X, 2, axis=1)[:, ::2],
    "shifted": shifted,
    "swapped": lambda X: X.astype(X.dtype.newbyteorder()),
    "one column": lambda X: X[:, 0].copy(),
    "sparse": sp.csr_array,
}


@pytest.mark.parametrize("convert", ARRAYS.values(), ids=ARRAYS)
def test_rows_are_those_at_the_positions_and_no_others_are_copied(convert):
    X = convert(np.random.default_rng(0).normal(size=(50_000, 4)))
    few = np.arange(0, 50_000, 100)
    for positions in (few, few[::-1], few[:0], slice(3, 500)):
        expected = X[positions]
        tracemalloc.start()
        chosen = rows_at(X, positions)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert abs(chosen - expected).sum() == 0
        assert chosen.shape == expected.shape
        assert chosen.dtype == expected.dtype
        assert peak < 100_000  # 16 kB are 500 rows, 1.6 MB are all
