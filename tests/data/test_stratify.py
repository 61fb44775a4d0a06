from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp

from skneural._data import stratify as _stratify
from skneural._data.rows import Rows
from skneural._data.stratify import (
    BlockIndex,
    RandomOrder,
    random_split,
    split_observations,
    stratified_folds,
    stratified_order,
    stratified_split,
)


def order_of(codes, seed=0):
    return stratified_order(codes, np.random.RandomState(seed))


@pytest.mark.parametrize("n_targets", [1, 2])
@pytest.mark.parametrize("convert", [np.asarray, sp.csr_array])
def test_a_stratified_order_has_every_row_once_and_is_that_of_its_seed(n_targets, convert):
    codes = convert(np.random.default_rng(0).integers(4, size=(500, n_targets)))
    order = order_of(codes)
    np.testing.assert_array_equal(np.sort(order), np.arange(500))
    np.testing.assert_array_equal(order_of(codes), order)
    assert not np.array_equal(order_of(codes, seed=1), order)


@pytest.mark.parametrize("seed", range(3))
def test_every_beginning_of_a_stratified_order_holds_the_classes_in_proportion(seed):
    share = np.array([0.6, 0.3, 0.1])
    codes = np.repeat([0, 1, 2], (1000 * share).astype(int))[:, None]
    hits = codes[order_of(codes, seed)] == [0, 1, 2]
    expected = np.arange(1, 1001)[:, None] * share
    assert np.abs(hits.cumsum(axis=0) - expected).max() < 2


def test_rows_that_are_alone_in_their_class_come_first():
    codes = np.zeros((100, 1), dtype=int)
    codes[[3, 50]] = [[1], [4]]  # and classes 2 and 3 have no row
    codes[60:] = 5
    assert set(order_of(codes)[:2]) == {3, 50}


def test_soft_labels_are_ordered_by_their_most_probable_class():
    codes = np.repeat([0, 1, 2], [60, 30, 10])[:, None]
    soft = np.where(codes == [0, 1, 2], 0.6, 0.2)
    np.testing.assert_array_equal(order_of(soft), order_of(codes))


def split_of(labels, n_second, seed=0):
    parts = stratified_split(labels, n_second, np.random.RandomState(seed))
    assert len(parts[1]) == n_second
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(labels.shape[0]))
    return parts


@pytest.mark.parametrize("seed", range(5))
def test_rare_labels_are_on_both_sides_of_a_split(seed):
    rng = np.random.default_rng(seed)
    Y = (rng.uniform(size=(400, 30)) < np.geomspace(0.005, 0.6, 30)).astype(np.int8)
    Y[:4, 0] = [1, 1, 0, 0]  # at least two of each
    Y[4:8, 1] = 1 - Y[4:8, 2]
    first, second = split_of(Y, 40, seed)
    totals = Y.sum(axis=0)
    assert (Y[first].sum(axis=0)[totals > 1] > 0).all()
    assert (Y[second].sum(axis=0)[totals > 1] > 0).all()
    np.testing.assert_allclose(Y[second].sum(axis=0), totals / 10, atol=0.02 * 400)
    missed = [(Y[rng.permutation(400)[:40]].sum(axis=0) == 0).sum() for _ in range(20)]
    assert np.mean(missed) > 2  # as it would be by chance


def test_labels_that_are_rarely_absent_are_rare_too():
    Y = np.ones((100, 2), dtype=np.int8)
    Y[[3, 70], 0] = 0
    Y[[3, 4, 5, 6], 1] = 0
    first, second = split_of(Y, 10)
    for part in (first, second):
        assert (Y[part] == 0).any(axis=0).all()


def test_a_label_of_a_single_row_is_trained_on_and_unknown_ones_do_not_count():
    Y = np.zeros((50, 3), dtype=np.int8)
    Y[7, 0] = 1
    Y[[1, 2], 1] = 1
    Y[10:48, 1] = -1
    Y[:, 2] = -1  # of which nothing is known
    for seed in range(10):
        first, second = split_of(Y, 5, seed)
        assert 7 in first
        assert (Y[first, 1] == 1).sum() == (Y[second, 1] == 1).sum() == 1


def test_a_split_of_classes_in_several_columns_holds_each_in_proportion():
    rng = np.random.default_rng(0)
    codes = np.column_stack([rng.integers(4, size=2000), rng.integers(3, size=2000)])
    _, second = split_of(codes, 400)
    for column, k in zip(codes.T, (4, 3), strict=True):
        counts = np.bincount(column[second], minlength=k)
        np.testing.assert_allclose(counts, np.bincount(column, minlength=k) / 5, atol=8)


def test_a_sparse_indicator_is_split_as_the_dense_one():
    Y = (np.random.default_rng(0).uniform(size=(200, 8)) < 0.2).astype(np.int8)
    for a, b in zip(split_of(Y, 30), split_of(sp.csr_array(Y), 30), strict=True):
        np.testing.assert_array_equal(a, b)


def test_more_rare_labels_than_rows_still_give_a_split_of_the_size_asked_for():
    Y = np.tile(np.eye(20, dtype=np.int8), (2, 1))  # each label twice
    split_of(Y, 4)
    split_of(Y, 39)


@pytest.mark.parametrize("seed", range(10))
def test_what_is_rare_because_little_is_known_is_on_both_sides_too(seed):
    Y = np.full((500, 2), -1, dtype=np.int8)
    Y[:12, 0], Y[12:16, 0] = 1, 0
    Y[30, 1] = 1  # all that is known of this label
    first, second = split_of(Y, 50, seed)
    for part in (first, second):
        assert (Y[part, 0] == 1).any()
        assert (Y[part, 0] == 0).any()
    assert 30 in first


def test_folds_hold_each_label_in_proportion():
    rng = np.random.default_rng(0)
    Y = (rng.uniform(size=(503, 6)) < [0.01, 0.05, 0.1, 0.3, 0.5, 0.9]).astype(np.int8)
    for labels in (Y, sp.csr_array(Y)):
        folds = stratified_folds(labels, 5, np.random.RandomState(0))
        assert sorted(np.bincount(folds)) == [100, 100, 101, 101, 101]
        counts = np.array([Y[folds == k].sum(axis=0) for k in range(5)])
        assert (np.abs(counts - Y.sum(axis=0) / 5) <= [1, 1.5, 2, 4, 4, 3]).all()


@pytest.mark.parametrize(("n_rows", "size"), [(10, 3), (12, 3), (1, 5), (10, 1)])
def test_pages_give_the_places_of_their_rows(n_rows, size):
    last = -(-n_rows // size) - 1
    for chosen in ([], [last], [0], sorted({0, last}), range(last + 1)):
        blocks = BlockIndex(np.array(chosen, dtype=int), size, n_rows)
        expected = np.flatnonzero(np.isin(np.arange(n_rows) // size, list(chosen)))
        assert len(blocks) == len(expected)
        np.testing.assert_array_equal(blocks, expected)
        np.testing.assert_array_equal(blocks[1:3], expected[1:3])
        np.testing.assert_array_equal(blocks[np.arange(len(blocks))[::-1]], expected[::-1])


def test_pages_of_pages_give_the_places_that_these_have_among_all_rows():
    sizes = [(4, [0, 2, 3, 5]), (3, [0, 1, 4]), (2, [1, 3])]
    chosen = expected = np.arange(23)
    for depth, (size, blocks) in enumerate(sizes):
        one = BlockIndex(np.array(blocks), size, len(expected))
        chosen, expected = chosen[one] if depth else one, expected[np.asarray(one)]
        assert len(chosen) == len(expected)
        np.testing.assert_array_equal(chosen, expected)
        np.testing.assert_array_equal(chosen[1:3], expected[1:3])
        np.testing.assert_array_equal(chosen[np.array([3, 0])], expected[[3, 0]])


def test_a_random_order_of_many_rows_is_one_of_blocks(monkeypatch):
    monkeypatch.setattr(_stratify, "MOST_BLOCKS", 100)
    codes = np.repeat([0, 1, 2], [600, 300, 147])[:, None]  # sorted by class
    order = RandomOrder(Rows(codes, codes), np.random.RandomState(0))
    edges = [0, 250, 251, 700, 1047]
    parts = [order.part(start, stop) for start, stop in pairwise(edges)]
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(1047))
    for part, length in zip(parts, np.diff(edges), strict=True):
        assert abs(len(part) - length) <= 11  # a page
        np.testing.assert_array_equal(part, np.sort(part))
    shares = np.bincount(codes[np.asarray(order.part(0, 500)), 0]) / 500
    np.testing.assert_allclose(shares, np.array([600, 300, 147]) / 1047, atol=0.1)


@pytest.mark.parametrize("most_blocks", [100, 2000])
def test_a_random_split_has_every_row_once(most_blocks, monkeypatch):
    monkeypatch.setattr(_stratify, "MOST_BLOCKS", most_blocks)
    X = np.arange(1047.0)[:, None]
    odd = Rows(X, (X % 4).astype(int), np.ones(1047)).where(lambda rows, block: X[block, 0] % 2 > 0)
    first, second = random_split(odd, 100, np.random.RandomState(0))
    everything = [part.features(slice(0, part.n_rows)).ravel() for part in (first, second)]
    np.testing.assert_array_equal(np.sort(np.concatenate(everything)), np.arange(1, 1047, 2))
    assert abs(second.n_rows - 100) <= (6 if most_blocks == 100 else 0)
    labels = second.labels_and_weights(slice(0, second.n_rows))[0]
    assert set(labels.ravel()) == {1, 3}


# --- Splits of observations ----------------------------------------------------------------


def weighted(weight, seed=0):
    weight = np.asarray(weight, dtype=float)
    X = np.arange(float(len(weight)))[:, None]
    return Rows(X, np.random.default_rng(seed).integers(3, size=(len(weight), 1)), weight)


def parts_of(rows, share, per_weight=1.0, seed=0):
    """The weight of each row in both parts."""
    weights = np.zeros((2, rows.n_rows))
    parts = split_observations(rows, share, per_weight, np.random.RandomState(seed))
    for part, weight in zip(parts, weights, strict=True):
        positions = part.features(slice(0, part.n_rows))[:, 0].astype(int)
        assert len(set(positions)) == part.n_rows
        weight[positions] = part.all_weights()
        codes, _ = part.labels_and_weights(slice(0, part.n_rows))
        np.testing.assert_array_equal(codes, rows.labels[positions])
        assert (part.all_weights() > 0).all()
    return weights


WEIGHTS = {
    "ones": np.ones(101),
    "counts": np.random.default_rng(0).integers(1, 9, 101),
    "one large": np.r_[np.ones(100), 100],
    "numbers": np.random.default_rng(0).exponential(3, 101),
}


@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
@pytest.mark.parametrize("kind", WEIGHTS)
def test_both_parts_of_a_row_add_up_to_it(kind, share):
    rows = weighted(WEIGHTS[kind])
    first, second = parts_of(rows, share)
    np.testing.assert_allclose(first + second, rows.weight, rtol=1e-12)
    assert (first >= 0).all()
    assert (second >= 0).all()
    np.testing.assert_array_equal(parts_of(rows, share)[1], second)
    assert not np.array_equal(parts_of(rows, share, seed=1)[1], second)


@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
@pytest.mark.parametrize("kind", ["ones", "counts", "one large"])
def test_each_part_has_its_share_of_the_observations_and_of_each_class(kind, share):
    rows = weighted(WEIGHTS[kind])
    for seed in range(5):
        _, second = parts_of(rows, share, seed=seed)
        assert abs(second.sum() - share * rows.weight.sum()) <= 1
        np.testing.assert_array_equal(second, np.rint(second * (1 + 1e-12)))  # whole observations
        if kind == "counts":
            for k in range(3):
                members = rows.labels[:, 0] == k
                expected = share * rows.weight[members].sum()
                assert abs(second[members].sum() - expected) < 9


def test_a_row_of_weight_one_is_in_exactly_one_part():
    for kind in ("ones", "counts", "one large"):
        rows = weighted(WEIGHTS[kind])
        single = rows.weight == 1
        first, second = (part[single] for part in parts_of(rows, 0.2))
        np.testing.assert_array_equal(np.sort([first, second], axis=0), [0 * first, 1 + 0 * first])
        assert second.any()


def test_weighted_rows_are_split_in_the_proportions_of_repeated_ones():
    weight = np.r_[np.ones(30), np.full(20, 2), np.full(5, 12)].astype(int)
    rows = weighted(weight)
    repeats = np.repeat(np.arange(len(weight)), weight)
    repeated = Rows(rows.X[repeats], rows.labels[repeats], np.ones(len(repeats)))
    n_second, held, held_of_repeated = [], np.zeros(len(weight)), np.zeros(len(weight))
    n_seeds = 300
    for seed in range(n_seeds):
        second = parts_of(rows, 0.2, seed=seed)[1]
        _, part = split_observations(repeated, 0.2, 1.0, np.random.RandomState(seed))
        positions = part.features(slice(0, part.n_rows))[:, 0].astype(int)
        counts = np.bincount(positions, minlength=len(weight))
        n_second.append((second.sum(), counts.sum()))
        held += second / n_seeds
        held_of_repeated += counts / n_seeds
    assert np.abs(np.diff(n_second)).max() <= 1
    np.testing.assert_allclose(held / weight, 0.2, atol=0.1)
    np.testing.assert_allclose(held_of_repeated / weight, 0.2, atol=0.1)


@pytest.mark.parametrize("factor", [1e-6, 0.01, 5.0])
def test_weights_in_other_units_are_split_alike(factor):
    counts = WEIGHTS["counts"]
    expected = parts_of(weighted(counts), 0.2)
    scaled = parts_of(weighted(counts * factor), 0.2, per_weight=1 / factor)
    np.testing.assert_allclose(scaled, expected * factor, rtol=1e-12)


def test_observations_of_a_sample_in_blocks_are_split_too(monkeypatch):
    rows = weighted(np.tile([1.0, 2.0, 3.0, 4.0], 50))
    index = BlockIndex(np.arange(0, 40, 2), 5, 200)
    sample = rows.sample(index)
    parts = split_observations(sample, 0.2, 1.0, np.random.RandomState(0))
    totals = np.zeros(200)
    for part in parts:
        totals[part.features(slice(0, part.n_rows))[:, 0].astype(int)] += part.all_weights()
    expected = np.zeros(200)
    expected[np.asarray(index)] = rows.weight[np.asarray(index)]
    np.testing.assert_allclose(totals, expected)
    # Of many rows, blocks are drawn, and the weights stay as they are.
    monkeypatch.setattr(_stratify, "MOST_BLOCKS", 20)
    first, second = split_observations(rows, 0.2, 1.0, np.random.RandomState(0))
    assert first.n_rows + second.n_rows == 200
    assert first.all_weights().sum() + second.all_weights().sum() == rows.weight.sum()
