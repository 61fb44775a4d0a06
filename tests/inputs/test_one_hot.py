"""Tests of skneural._inputs.one_hot."""

import numpy as np
import pytest
import scipy.sparse as sp

from skneural._data.rows import Rows
from skneural._inputs.one_hot import is_one_hot


def indicator(codes):
    n_rows = codes.shape[0]
    return Rows(np.empty((n_rows, 1)), codes, np.ones(n_rows))


@pytest.mark.parametrize("container", [np.asarray, sp.csr_array])
@pytest.mark.parametrize("n_labels", [2, 3, 50])
def test_one_hot_indicators_are_found(container, n_labels):
    one_hot = np.eye(n_labels, dtype=np.int8)
    assert is_one_hot(indicator(container(np.tile(one_hot, (10, 1)))))
    assert not is_one_hot(indicator(container(one_hot[:2])))  # by chance, as likely as not


@pytest.mark.parametrize("row", [[1, 1], [0, 0], [1, -1]])
def test_other_indicators_are_not(row):
    codes = np.tile(np.eye(2, dtype=np.int8), (50, 1))
    codes[7] = row
    assert not is_one_hot(indicator(codes))


def test_a_label_of_every_row_is_not_one_of_several_classes():
    codes = np.zeros((100, 3), dtype=np.int8)
    codes[:, 1] = 1
    assert not is_one_hot(indicator(codes))


def test_of_independent_labels_few_rows_are_one_hot_by_chance():
    rng = np.random.default_rng(0)
    for _ in range(300):
        codes = (rng.uniform(size=(rng.integers(1, 30), 3)) < [0.9, 0.05, 0.05]).astype(np.int8)
        assert not is_one_hot(indicator(codes))
