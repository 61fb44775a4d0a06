import pickle
import sys

import numpy as np
import pytest
import scipy.sparse as sp

from skneural._data.merging import canonical, merge_repeats
from skneural._data.rows import N_SHARDS, Rows, cut


@pytest.mark.parametrize("n_rows", [1, 2, 511, 512, 513, 5000, 100_003])
def test_blocks_cover_every_row_once_in_order(n_rows):
    rows = Rows(np.empty((n_rows, 300)))
    blocks = [block for shard in rows.shards for block in shard]
    np.testing.assert_array_equal(
        np.concatenate([np.arange(n_rows)[block] for block in blocks]), np.arange(n_rows)
    )
    sizes = [block.stop - block.start for block in blocks]
    assert max(sizes) <= 512
    assert max(sizes) - min(sizes) <= 1
    assert len(rows.shards) <= N_SHARDS
    assert max(map(len, rows.shards)) - min(map(len, rows.shards)) <= 1


def test_blocks_of_narrow_data_are_longer_and_those_of_sparse_data_outweigh_their_gradient():
    def longest(X):
        return max(block.stop - block.start for shard in Rows(X).shards for block in shard)

    assert longest(np.empty((10_000, 784))) <= 512
    assert 512 < longest(np.empty((10_000, 100))) < 2048
    assert longest(np.empty((10_000, 2))) <= 2048
    columns = np.random.default_rng(0).integers(10_000, size=200_000)  # 10 in each row
    text = sp.csr_array((np.ones(200_000), columns, np.arange(0, 200_001, 10)), (20_000, 10_000))
    assert longest(text) * text.nnz / text.shape[0] > 3 * text.shape[1]


@pytest.mark.parametrize("most_rows", [1, 7, 100, 512, 10**9])
def test_blocks_that_are_cut_cover_the_same_rows_in_equal_parts(most_rows):
    rows = Rows(np.empty((5000, 300)))
    for shard in rows.shards:
        blocks = list(cut(shard, most_rows))
        assert np.r_[tuple(blocks)].tolist() == np.r_[tuple(shard)].tolist()
        sizes = [block.stop - block.start for block in blocks]
        assert max(sizes) <= most_rows
        assert max(sizes) - min(sizes) <= 1
        assert (blocks == shard) == (most_rows >= 512)


def test_blocks_are_views_of_floats_and_converted_copies_of_integers():
    X = np.arange(12, dtype=np.float32).reshape(4, 3)
    block = Rows(X).features(slice(1, 3))
    assert block.dtype == np.float32
    assert np.shares_memory(block, X)
    for other in (X.astype(np.uint8), X > 2, sp.csr_array(X.astype(np.int64))):
        assert Rows(other).features(slice(1, 3)).dtype == np.float64


def test_labels_of_sparse_codes_are_dense():
    codes = sp.csr_array(np.eye(4, dtype=np.int8))
    block, weight = Rows(np.empty((4, 2)), codes, np.arange(4.0)).labels_and_weights(slice(1, 3))
    np.testing.assert_array_equal(block, np.eye(4)[1:3])
    np.testing.assert_array_equal(weight, [1, 2])


def test_small_data_have_one_form_whether_rows_are_repeated_weighted_or_shuffled():
    rng = np.random.default_rng(0)
    X, codes = rng.normal(size=(20, 3)), rng.integers(3, size=(20, 1))
    weight = rng.integers(0, 4, 20)
    weight[0] = 0
    repeats = rng.permutation(np.repeat(np.arange(20), weight))
    once = merge_repeats(X, codes, weight.astype(float))
    again = merge_repeats(X[repeats], codes[repeats], np.ones(len(repeats)))
    sparse = merge_repeats(sp.csr_array(X[repeats]), codes[repeats], np.ones(len(repeats)))
    for a, b, c in zip(once, again, (sparse[0].toarray(), *sparse[1:]), strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(a, c)
    assert len(once[0]) == (weight > 0).sum()


@pytest.mark.parametrize("convert", [np.asarray, sp.csr_array])
def test_only_the_rows_and_features_in_use_are_merged(convert):
    X = np.array([[1.0, 5, 2], [1, 6, 2], [1, 7, 3], [9, 9, 9]])
    rows = Rows(convert(X), np.zeros((4, 1), int), np.ones(4))
    merged = canonical(rows.sample(np.arange(3)).select(np.array([0, 2])))
    features = merged.features(slice(0, 2))
    features = features.toarray() if sp.issparse(features) else features
    np.testing.assert_array_equal(features, [[1, 2], [1, 3]])
    np.testing.assert_array_equal(merged.all_weights(), [2, 1])


def test_the_order_of_fractional_weights_does_not_matter():
    rng = np.random.default_rng(0)
    X, codes, weight = rng.integers(2, size=(300, 2)), np.zeros((300, 1), int), rng.random(300)
    order = rng.permutation(300)
    once = merge_repeats(X, codes, weight)
    again = merge_repeats(X[order], codes[order], weight[order])
    for a, b in zip(once, again, strict=True):
        np.testing.assert_array_equal(a, b)


def test_equal_rows_with_different_labels_are_not_merged():
    X, codes, weight = merge_repeats(np.zeros((4, 2)), np.array([[0], [1], [1], [0]]), np.ones(4))
    np.testing.assert_array_equal(codes, [[0], [1]])
    np.testing.assert_array_equal(weight, [2, 2])
    assert X.shape == (2, 2)


def test_large_data_stay_as_they_are():
    rows = Rows(np.zeros((10_000, 10)), np.zeros((10_000, 1), int), np.ones(10_000))
    assert canonical(rows) is rows
    small = canonical(rows.sample(np.arange(100)))
    assert (small.n_rows, small.weight) == (1, 100)


@pytest.mark.parametrize("convert", [np.asarray, sp.csr_array, sp.csr_matrix])
def test_no_rows_are_no_blocks(convert):
    nothing = convert(np.empty((0, 3)))
    assert Rows(nothing).shards == []


@pytest.mark.parametrize("convert", [np.asarray, sp.csr_array, sp.csr_matrix])
def test_a_sample_has_the_rows_at_its_positions_in_their_order(convert):
    rng = np.random.default_rng(0)
    X, codes, weight = rng.normal(size=(6000, 3)), rng.integers(3, size=(6000, 2)), rng.random(6000)
    index = rng.integers(6000, size=5000)
    sample = Rows(convert(X), convert(codes), weight).sample(index, n_shards=2)
    again = sample.sample(np.arange(0, 5000, 2))
    assert len(sample.shards) == 2
    for rows, positions in ((sample, index), (again, index[::2])):
        assert rows.n_rows == len(positions)
        blocks = [block for shard in rows.shards for block in shard]
        assert len(blocks) > 1
        features = [convert(rows.features(block)) for block in blocks]
        features = [block.toarray() if sp.issparse(block) else block for block in features]
        labels, weights = zip(*map(rows.labels_and_weights, blocks), strict=True)
        np.testing.assert_array_equal(np.concatenate(features), X[positions])
        np.testing.assert_array_equal(np.concatenate(labels), codes[positions])
        np.testing.assert_array_equal(np.concatenate(weights), weight[positions])


@pytest.mark.parametrize("columns", [None, np.array([4, 1, 2])])
@pytest.mark.parametrize("convert", [np.asarray, np.asfortranarray, sp.csr_array])
def test_few_rows_that_lie_apart_are_copied_and_stay_the_same(convert, columns, monkeypatch):
    rng = np.random.default_rng(0)
    X, codes = convert(rng.integers(1, 9, size=(40_000, 5))), rng.integers(3, size=(40_000, 2))
    rows = Rows(X, convert(codes), rng.random(40_000), columns=columns)
    sample = rows.sample(np.arange(0, 40_000, 4), n_shards=2)
    copied = sample.compact()
    assert copied.index is copied.columns is None
    assert copied.X.dtype == X.dtype
    assert copied.X.shape == (10_000, sample.n_features)
    assert copied.shards == sample.shards
    for block in sample.blocks():
        assert abs(copied.features(block) - sample.features(block)).max() == 0
        pairs = (each.labels_and_weights(block) for each in (copied, sample))
        for one, other in zip(*pairs, strict=True):
            np.testing.assert_array_equal(one, other)
    assert copied.compact() is copied
    assert rows.compact() is rows
    monkeypatch.setattr("skneural._data.rows.COMPACT_NUMBERS", sample.n_stored() - 1)
    assert sample.compact() is sample


@pytest.mark.parametrize("convert", [np.asarray, sp.csr_array])
def test_rows_travel_without_those_from_which_they_were_chosen(convert):
    X = convert(np.random.default_rng(0).normal(size=(5000, 20)))
    rows = Rows(X, np.arange(5000)[:, None], np.ones(5000))
    chosen = rows.sample(np.arange(0, 5000, 10), n_shards=2, start=7)
    sent = pickle.dumps(chosen)
    assert len(sent) < 0.15 * len(pickle.dumps(rows))
    assert 0.05 < sys.getsizeof(chosen) / sys.getsizeof(rows) < 0.15
    assert sys.getsizeof(rows) > 5000 * 20 * 8
    arrived = pickle.loads(sent)
    assert arrived.shards == chosen.shards
    for block in (slice(0, 3), slice(400, 500)):
        for one, other in zip(
            arrived.labels_and_weights(block), chosen.labels_and_weights(block), strict=True
        ):
            np.testing.assert_array_equal(one, other)
        assert abs(arrived.features(block) - chosen.features(block)).max() == 0
        assert arrived.positions(block) == chosen.positions(block)


def test_blocks_are_aligned_in_memory_where_the_data_are_not():
    X = np.arange(12.0).reshape(4, 3)
    bytes_ = np.frombuffer(b"." + X.tobytes(), dtype=np.uint8)
    shifted = bytes_[1:].view(np.float64).reshape(4, 3)
    assert not shifted.flags.aligned
    block = Rows(shifted).features(slice(1, 3))
    assert block.flags.aligned
    np.testing.assert_array_equal(block, X[1:3])
