import warnings

import numpy as np
import pytest

from skneural._inputs import distinct as _distinct
from skneural._inputs.distinct import distinct_columns, union_columns
from skneural._inputs.targets import encode_targets
from skneural._inputs.weights import class_weights


@pytest.mark.parametrize("dtype", [int, str, object])
def test_long_labels_are_encoded_like_short_ones(dtype, monkeypatch):
    y = np.random.default_rng(0).integers(50, size=(1000, 2)).astype(dtype)
    targets, codes = encode_targets(y)
    monkeypatch.setattr(_distinct, "BLOCK_LABELS", 64)
    blockwise, same_codes = encode_targets(y)
    assert targets.matches(blockwise)
    np.testing.assert_array_equal(codes, same_codes)
    np.testing.assert_array_equal(targets.decode(codes), y)


class Sorted:
    """Counts the numbers that are sorted or searched for."""

    def __init__(self, monkeypatch):
        self.n = 0
        for name in ("unique", "union1d"):
            monkeypatch.setattr(np, name, self._counted(getattr(np, name)))

    def _counted(self, function):
        def counted(*arrays, **options):
            self.n += sum(map(np.size, arrays))
            return function(*arrays, **options)

        return counted


def test_work_grows_with_the_rows_however_many_classes_there_are(monkeypatch):
    monkeypatch.setattr(_distinct, "BLOCK_LABELS", 64)
    counted = Sorted(monkeypatch)
    per_row = []
    for n_rows in (2**10, 2**14):
        counted.n = 0
        distinct_columns(np.random.default_rng(0).permutation(n_rows))
        per_row.append(counted.n / n_rows)
    assert per_row[1] < 1.5 * per_row[0]


def test_labels_and_weights_of_classes_are_compared_with_few_others(iris):
    n_comparisons = 0

    class Label(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other):
            nonlocal n_comparisons
            n_comparisons += 1
            return str.__eq__(self, other)

    names = np.array([Label(f"{i:04}") for i in range(1000)] * 2, dtype=object)
    targets, codes = encode_targets(names)
    np.testing.assert_array_equal(codes[:, 0], np.tile(np.arange(1000), 2))
    (weights,) = class_weights({Label(name): 2.0 for name in names}, targets, None)
    assert (weights == 2).all()
    assert n_comparisons < 30 * len(names)


@pytest.mark.parametrize("share", [0.4, 0.6])
def test_labels_that_mostly_differ_are_warned_of_however_many_there_are(share, monkeypatch):
    y = np.maximum(np.arange(1000) - int(1000 * (1 - share)), 0)

    def warned():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            encode_targets(y)
        return {str(one.message) for one in caught}

    short = warned()
    monkeypatch.setattr(_distinct, "BLOCK_LABELS", 64)
    assert warned() == short
    assert share > 0.5 or not short


def test_text_in_one_part_and_numbers_in_another_are_an_error():
    with pytest.raises(ValueError, match="all text or all numbers; y has both, such as 'a' and 1"):
        union_columns([np.array(["a"])], [np.array([1])])
