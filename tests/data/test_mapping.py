"""A function of rows, block by block."""

import numpy as np
import pytest
import scipy.sparse as sp

from skneural._data.mapping import map_rows
from skneural._data.rows import BLOCK_NUMBERS


class Doubled:
    """Doubles the features of a block, and remembers how many rows each block has."""

    def __init__(self):
        self.sizes = []

    def __call__(self, block):
        self.sizes.append(block.shape[0])
        return 2 * (block.toarray() if sp.issparse(block) else block)


@pytest.mark.parametrize("convert", [np.asarray, sp.csr_array, sp.csr_matrix])
@pytest.mark.parametrize("n_rows", [0, 1, 100, 5000])
def test_the_results_of_all_blocks_are_in_one_array(n_rows, convert):
    X = np.random.default_rng(0).random((n_rows, 3))
    result = map_rows(Doubled(), convert(X))
    np.testing.assert_array_equal(result, 2 * X)
    assert result.flags.c_contiguous


@pytest.mark.parametrize("n_rows", [0, 1, 300])
def test_the_function_is_called_once_if_there_is_one_block(n_rows):
    doubled = Doubled()
    map_rows(doubled, np.ones((n_rows, 3)), width=10)
    assert doubled.sizes == [n_rows]


def test_blocks_are_short_where_the_function_computes_many_numbers_for_a_row():
    for width in (BLOCK_NUMBERS // 100, 2 * BLOCK_NUMBERS):
        doubled = Doubled()
        map_rows(doubled, np.ones((1000, 3)), width)
        assert sum(doubled.sizes) == 1000
        assert max(doubled.sizes) == max(BLOCK_NUMBERS // width, 1)
