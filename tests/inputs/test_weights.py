import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.model_selection import TimeSeriesSplit, cross_val_score

from skneural._data.rows import Rows
from skneural._inputs import weights as _weights
from skneural._inputs.targets import encode_targets
from skneural._inputs.weights import check_sample_weight, class_weights

X = np.zeros((3, 2))


def test_weights_are_one_by_default():
    np.testing.assert_array_equal(check_sample_weight(None, X), [1, 1, 1])


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([1, np.nan, 1], "sample_weight contains NaN"),
        ([1, np.inf, 1], "sample_weight contains infinity"),
        ([1, -2, 1], r"sample_weight must not be negative, got -2"),
        (
            [0, 0, 0],
            "sample_weight must have a sum of at least 1e-300, above zero; these weights sum to 0",
        ),
        ([1e308, 1e308, 1], "sample_weight must have a finite sum; the largest weight is 1e\\+308"),
        (np.array([1, 2, 3], "M8[D]"), "sample_weight must have a number for each row, not a date"),
        (np.array([1, 2, 3], "m8[s]"), "a number for each row, not a time difference"),
        ([1, 1], "inconsistent numbers of samples"),
        ([[1], [1], [1]], "sample_weight must be 1-d, one number per row, got 2-d"),
        (["a", "b", "c"], "sample_weight must have a number for each row: could not convert"),
        ([1j, 1, 1], "sample_weight must have a number for each row: "),
        ([None, {}, 1], "sample_weight must have a number for each row: float"),
        (2.0, "sample_weight must have a number for each row: "),
    ],
)
def test_bad_sample_weights_are_errors(weight, message):
    with pytest.raises(ValueError, match=message):
        check_sample_weight(weight, X)


def weights_for(class_weight, y, sample_weight=None):
    targets, codes = encode_targets(y if sp.issparse(y) else np.asarray(y))
    n_rows = codes.shape[0]
    sample_weight = np.ones(n_rows) if sample_weight is None else np.asarray(sample_weight)
    return class_weights(class_weight, targets, Rows(np.empty((n_rows, 1)), codes, sample_weight))


def test_class_weights_from_dicts():
    (table,) = weights_for({"a": 2.0}, ["a", "b", "c"])
    np.testing.assert_array_equal(table, [2, 1, 1])
    (table,) = weights_for({True: 3}, [True, False])
    np.testing.assert_array_equal(table, [1, 3])
    first, second = weights_for([{1: 2.0}, {0: 5.0}], [[1, 0], [0, 1]])
    np.testing.assert_array_equal(first, [1, 2])
    np.testing.assert_array_equal(second, [5, 1])
    assert weights_for(None, [0, 1]) is None


def test_balanced_weights_give_all_classes_the_same_total():
    y = np.array(["a"] * 6 + ["b"] * 3 + ["c"])
    sample_weight = np.arange(10.0)
    (table,) = weights_for("balanced", y, sample_weight)
    totals = [table[k] * sample_weight[y == label].sum() for k, label in enumerate("abc")]
    np.testing.assert_allclose(totals, sample_weight.sum() / 3)


def test_balanced_weights_count_repeated_rows_and_ignore_absent_ones():
    y = np.array([0, 0, 1, 2])
    weight = np.array([1, 2, 3, 0])
    (weighted,) = weights_for("balanced", y, weight.astype(float))
    (repeated,) = weights_for("balanced", y.repeat(weight))
    np.testing.assert_array_equal(weighted[:2], repeated)
    assert weighted[2] == 0


def test_balanced_weights_of_a_sparse_indicator():
    Y = np.array([[1, 0], [1, 1], [1, 0], [0, 0]])
    dense = weights_for("balanced", Y)
    for a, b in zip(dense, weights_for("balanced", sp.csr_array(Y)), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("convert", [np.asarray, sp.csr_array])
def test_balanced_weights_are_the_same_however_many_rows_are_added_up_at_once(convert, monkeypatch):
    rng = np.random.default_rng(0)
    Y, sample_weight = rng.integers(2, size=(1000, 3)), rng.random(1000)
    expected = weights_for("balanced", Y, sample_weight)
    monkeypatch.setattr(_weights, "BLOCK_ROWS", 64)
    for a, b in zip(weights_for("balanced", convert(Y), sample_weight), expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)


@pytest.mark.parametrize(
    ("class_weight", "y", "message"),
    [
        ("even", [0, 1], "'balanced' or None, got 'even'"),
        ({5: 1.0}, [0, 1], r"keys that are not classes: \[5\]; y has \[0, 1\]"),
        ({0: -1.0}, [0, 1], "finite and not negative"),
        ({0: np.nan}, [0, 1], "finite and not negative"),
        ([{0: 1.0}], [0, 1], "must be a dict, 'balanced' or None for a binary y"),
        ({0: 1.0}, [[0, 1], [1, 1]], "a list of dicts, one per output"),
        ([{0: 1.0}], [[0, 1], [1, 1]], "each of the 2 outputs, got 1"),
        ([{0: 1.0}, "balanced"], [[0, 1], [1, 1]], "must map classes to weights"),
        (3.0, [0, 1], "must be a dict, 'balanced' or None for a binary y, got 3.0"),
        (3.0, [[0, 1], [1, 1]], r"must be a list of dicts, one per output.*got 3\.0"),
        ({0: "x"}, [0, 1], "finite and not negative, got {0: 'x'}"),
    ],
)
def test_bad_class_weights_are_errors(class_weight, y, message):
    with pytest.raises(ValueError, match=message):
        weights_for(class_weight, y)


def test_classes_that_a_part_of_the_data_lacks_may_have_weights(classifier, iris):
    X, y = iris
    model = classifier((), alpha=1.0, tol=1e-2, class_weight={0: 1.0, 1: 2.0, 2: 3.0, 9: 4.0})
    assert model.fit(X, y).classes_.tolist() == [0, 1, 2]
    model.set_params(class_weight={0: 1.0, 1: 2.0, 2: 3.0}).fit(X[:100], y[:100])
    with pytest.raises(ValueError, match=r"not classes: \[9\]; y has \[0, 1, 2\], of which some"):
        model.set_params(class_weight={0: 1.0, 9: 4.0}).fit(X, y)


def test_a_time_series_may_begin_with_few_classes(classifier, iris):
    X, y = iris
    model = classifier((), alpha=1.0, tol=1e-2, class_weight={0: 1.0, 1: 2.0, 2: 3.0})
    order = np.argsort(np.arange(150) % 50 + 25 * (y == 2), kind="stable")
    scores = cross_val_score(model, X[order], y[order], cv=TimeSeriesSplit(3))
    assert np.isfinite(scores).all()
