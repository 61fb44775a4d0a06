"""Features that vary, and rows with only some of their features."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone

from skneural._data import rows as _rows
from skneural._data.rows import Rows
from skneural._network.activations import ACTIVATIONS
from skneural._network.network import Network
from skneural._network.objective import Objective
from skneural._network.softmax import SoftmaxOutput

CONTAINERS = [np.asarray, sp.csr_array, sp.csr_matrix]


def everything(rows):
    """The features of all blocks, dense."""
    blocks = [rows.features(block) for block in rows.blocks()]
    return np.concatenate([x.toarray() if sp.issparse(x) else x for x in blocks])


def make(n_rows=700, dtype=np.float64):
    """Features of which only 0, 3, 4 and 6 vary; and some in a single row."""
    X = np.random.default_rng(0).normal(size=(n_rows, 8)).astype(dtype)
    X[:, 1] = 0
    X[:, 2] = 0.1
    X[:, 3] = 0
    X[-1, 3] = 1  # in the last row alone
    X[:, 4] = 7
    X[1, 4] = 0  # in the second row alone
    X[:, 5] = -3
    X[:, 7] = 1e300 if dtype == np.float64 else 1e30
    return X


@pytest.mark.parametrize("block_rows", [None, 100])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("convert", CONTAINERS)
def test_features_that_are_the_same_in_all_rows_are_found_exactly(convert, dtype, block_rows):
    rows = Rows(convert(make(dtype=dtype)), block_rows=block_rows)
    np.testing.assert_array_equal(rows.varying(), [0, 3, 4, 6])


@pytest.mark.parametrize("convert", CONTAINERS)
def test_a_difference_in_the_last_bit_is_one(convert):
    X = np.full((1000, 3), 0.1)
    X[700, 1] = np.nextafter(0.1, 1)
    np.testing.assert_array_equal(Rows(convert(X)).varying(), [1])


@pytest.mark.parametrize("convert", CONTAINERS)
def test_only_the_rows_in_use_need_to_be_the_same(convert):
    X = make()
    rows = Rows(convert(X), X[:, :1], X[:, 0])
    np.testing.assert_array_equal(rows.sample(np.arange(2, 699)).varying(), [0, 6])
    np.testing.assert_array_equal(rows.sample(np.arange(2)).varying(), [0, 4, 6])
    assert rows.sample(np.arange(1)).varying().size == 0


def test_zeros_that_are_stored_are_zeros():
    X = sp.csr_array(([0.0, 1.0, 0.0, 2.0], [0, 1, 1, 2], [0, 2, 3, 4]), shape=(3, 3))
    assert X.nnz == 4
    np.testing.assert_array_equal(Rows(X).varying(), [1, 2])


def test_numbers_that_are_stored_twice_are_added_up():
    X = sp.csr_array(([1.0, 1.0, 1.0, 3.0], [0, 0, 0, 0], [0, 1, 3, 4]), shape=(3, 1))
    np.testing.assert_array_equal(X.toarray(), [[1], [2], [3]])
    np.testing.assert_array_equal(Rows(X).varying(), [0])
    assert X.nnz == 4  # the data stay as they are


@pytest.mark.parametrize("convert", CONTAINERS)
@pytest.mark.parametrize("of_numbers", [False, True])
def test_features_of_whole_numbers_and_bits_vary_like_floats(convert, of_numbers):
    X = make() > 0.5 if not of_numbers else np.clip(make(), -9, 9).astype(np.int8)
    expected = np.flatnonzero((X[0] != X).any(axis=0))
    np.testing.assert_array_equal(Rows(convert(X)).varying(), expected)


@pytest.mark.parametrize("convert", CONTAINERS)
def test_the_first_row_is_dense_and_that_of_the_rows_in_use(convert):
    X = make()
    rows = Rows(convert(X), X[:, :1], X[:, 0])
    np.testing.assert_array_equal(rows.first_row(), X[0])
    chosen = rows.sample(np.arange(5, 100)).select(np.array([1, 2, 6]))
    np.testing.assert_array_equal(chosen.first_row(), X[5, [1, 2, 6]])


@pytest.mark.parametrize("convert", CONTAINERS)
def test_selected_features_remain_selected(convert):
    X = make()
    codes = np.arange(700)[:, None]
    rows = Rows(convert(X), codes, np.ones(700)).sample(np.arange(1, 700, 2))
    selected = rows.select(np.array([0, 2, 3, 6]))
    again = selected.select(np.array([1, 3]))
    assert (selected.n_features, again.n_features) == (4, 2)
    np.testing.assert_array_equal(everything(selected), X[1::2][:, [0, 2, 3, 6]])
    np.testing.assert_array_equal(everything(again), X[1::2][:, [2, 6]])
    np.testing.assert_array_equal(again.varying(), [1])
    np.testing.assert_array_equal(again.all_labels(), codes[1::2])
    derived = {
        "sample": again.sample(np.arange(0, 300, 3)),
        "where": again.where(lambda rows, block: np.arange(block.start, block.stop) % 3 == 0),
        "reweighted": again.reweighted(1.0 * (np.arange(350) % 3 == 0)),
        "pickle": pickle.loads(pickle.dumps(again.sample(np.arange(0, 300, 3)))),
    }
    for one in derived.values():
        np.testing.assert_array_equal(everything(one)[:100], X[1::2][::3][:100][:, [2, 6]])
        assert one.n_features == 2


def test_nothing_is_copied_by_a_selection():
    X = make()
    selected = Rows(X, X[:, :1], X[:, 0]).select(np.array([0, 3]))
    assert selected.X is X


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("convert", CONTAINERS)
def test_selected_features_give_the_bits_of_data_without_the_others(convert, dtype, monkeypatch):
    monkeypatch.setattr(_rows, "BLOCK_NUMBERS", 2**11)
    monkeypatch.setattr(_rows, "FEWEST_ROWS", 16)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2000, 30)).astype(dtype)
    X[:, 5:25] = 0
    columns = np.flatnonzero(X.any(axis=0))
    labels, weight = rng.integers(3, size=(2000, 1)), rng.uniform(0.5, 2, 2000)
    selected = Rows(convert(X), labels, weight).select(columns)
    without = Rows(convert(X[:, columns].copy(order="C")), labels, weight)
    assert selected.shards == without.shards
    assert len(without.shards) > 1
    network = Network(len(columns), (4,), [ACTIVATIONS["tanh"]], SoftmaxOutput((3,)))
    theta, direction = rng.normal(size=(2, network.n_parameters))
    results = [
        (*objective(theta), objective.linearize(theta)(direction))
        for objective in (Objective(network, rows, [1.0, 1.0]) for rows in (selected, without))
    ]
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


def test_reweighted_rows_are_those_of_positive_weight_with_their_labels():
    X = np.arange(20.0)[:, None]
    rows = Rows(X, np.arange(20)[:, None], np.ones(20))
    chosen = rows.sample(np.array([2, 3, 5, 7, 11, 13]))
    for each, positions in ((rows, np.arange(20)), (chosen, np.array([2, 3, 5, 7, 11, 13]))):
        weight = np.where(positions % 2, positions / 10, 0)
        again = each.reweighted(weight)
        odd = positions[positions % 2 > 0]
        np.testing.assert_array_equal(everything(again)[:, 0], odd)
        np.testing.assert_array_equal(again.all_weights(), odd / 10)
        np.testing.assert_array_equal(again.all_labels()[:, 0], odd)
    np.testing.assert_array_equal(rows.all_weights(), 1)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n_rows", [200, 5000])
@pytest.mark.parametrize("constant", [0.0, 7.0])
@pytest.mark.parametrize("convert", [np.asarray, sp.csr_array])
def test_a_fit_with_constant_features_has_the_bits_of_one_without_them(
    classifier, convert, constant, n_rows
):
    rng = np.random.default_rng(0)
    X = np.maximum(np.round(rng.normal(size=(n_rows, 6))), 0)
    X[:, [0, 3]] = constant
    y = (X[:, 1] + rng.normal(size=n_rows) > 0.5).astype(int)
    kept = [1, 2, 4, 5]
    network = classifier((4,), random_state=0, max_iter=40)
    alone = network.fit(convert(X[:, kept].copy(order="C")), y)
    first, *others = alone.coefs_
    everything = clone(network).fit(convert(X), y)
    np.testing.assert_array_equal(everything.coefs_[0][kept], first)
    np.testing.assert_array_equal(everything.coefs_[0][[0, 3]], 0)
    for one, other in zip(everything.coefs_[1:], others, strict=True):
        np.testing.assert_array_equal(one, other)
