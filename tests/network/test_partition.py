import numpy as np
import pytest

from skneural._network.partition import Partition


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("sizes", [(1,), (4,), (2, 2, 2), (1, 3, 2), (1, 1)])
def test_reductions_are_those_of_the_columns_of_each_part(sizes, order):
    values = np.asarray(np.random.default_rng(0).normal(size=(5, sum(sizes))), order=order)
    partition = Partition(sizes)
    parts = partition.split(values)
    assert [part.shape[1] for part in parts] == list(sizes)
    np.testing.assert_array_equal(np.hstack(parts), values)
    maxima = np.column_stack([part.max(axis=1) for part in parts])
    np.testing.assert_array_equal(partition.maxima(values), maxima)
    sums = np.column_stack([part.sum(axis=1) for part in parts])
    np.testing.assert_allclose(partition.sums(values), sums, rtol=1e-13)
    spread = np.broadcast_to(partition.spread(sums), values.shape)
    np.testing.assert_array_equal(spread, np.repeat(sums, sizes, axis=1))


@pytest.mark.parametrize("sizes", [(3, 3), (2, 4)])
def test_float32_numbers_can_be_added_up_in_float64(sizes):
    values = np.full((2, 6), 3e38, dtype=np.float32)
    sums = Partition(sizes).sums(values, np.float64)
    np.testing.assert_allclose(sums, np.tile(sizes, (2, 1)) * 3e38, rtol=1e-6)
