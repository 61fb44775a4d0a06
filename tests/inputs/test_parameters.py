from fractions import Fraction

import numpy as np
import pytest

from skneural._inputs import parameters as check


@pytest.mark.parametrize(
    ("given", "sizes"),
    [
        (5, (5,)),
        ((), ()),
        ([3, 4], (3, 4)),
        (np.array([2, 3]), (2, 3)),
        (np.int64(7), (7,)),
        (np.array(5), (5,)),
    ],
)
def test_hidden_layers(given, sizes):
    assert check.hidden_layers(given) == sizes


@pytest.mark.parametrize(
    "given", [0, -1, (10, 0), 2.5, "10", b"ab", None, (3, "a"), [[3]], [3, [4]], iter([5])]
)
def test_bad_hidden_layers(given):
    with pytest.raises(
        ValueError, match=r"a positive integer or a list of positive integers, less than"
    ):
        check.hidden_layers(given)


def test_hidden_activations():
    assert check.hidden_activations("tanh", 2) == ["tanh", "tanh"]
    assert check.hidden_activations(("tanh", "relu"), 2) == ["tanh", "relu"]
    assert check.hidden_activations("relu", 0) == []
    with pytest.raises(ValueError, match=r"activation must be one of 'identity'.*got 'swish'"):
        check.hidden_activations("swish", 0)
    with pytest.raises(ValueError, match="got 'swish'"):
        check.hidden_activations(["relu", "swish"], 2)
    with pytest.raises(ValueError, match="each of the 2 hidden layers"):
        check.hidden_activations(["relu"], 2)
    with pytest.raises(ValueError, match="activation must be a name, or a list"):
        check.hidden_activations(None, 1)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_real_numbers_are_finite(value):
    with pytest.raises(ValueError, match="alpha must be finite"):
        check.real_number("alpha", value, min_val=0)


def test_thresholds():
    np.testing.assert_array_equal(check.decision_threshold(0.3, [2, 2]), [0.3, 0.3])
    np.testing.assert_array_equal(check.decision_threshold([0.3, 0.6], [2, 2]), [0.3, 0.6])
    np.testing.assert_array_equal(check.decision_threshold(0.5, [7]), [0.5])
    np.testing.assert_array_equal(check.decision_threshold([0.5, 0.3], [3, 2]), [0.5, 0.3])


@pytest.mark.parametrize(
    "threshold", [0, 1, -0.1, 1.5, np.nan, "0.5", None, [0.5, 2.0], [0.1, [0.2]]]
)
def test_thresholds_outside_the_open_interval(threshold):
    with pytest.raises(ValueError, match=r"threshold must be in the open interval \(0, 1\)"):
        check.decision_threshold(threshold, [2, 2])


def test_thresholds_that_do_not_fit_the_target():
    with pytest.raises(ValueError, match="one number for each of the 3 outputs"):
        check.decision_threshold([0.5, 0.5], [2, 2, 2])
    with pytest.raises(ValueError, match=r"threshold=0.4 cannot be used.*4 classes"):
        check.decision_threshold(0.4, [4])


@pytest.mark.parametrize("sizes", [True, [True], (5, False), np.array([True]), 10**30, [2**31], 0])
def test_booleans_and_huge_numbers_are_not_sizes(sizes):
    with pytest.raises(ValueError, match="hidden_layer_sizes must be a positive integer or a list"):
        check.hidden_layers(sizes)


def test_any_real_number_is_a_penalty_unless_it_is_beyond_the_range():
    assert check.real_number("alpha", Fraction(1, 4)) == 0.25
    for value in (10**400, np.inf, np.nan, float("-inf")):
        with pytest.raises(ValueError, match="alpha must be finite, got"):
            check.real_number("alpha", value)


@pytest.mark.parametrize("values", [[-np.inf, np.inf], [np.nan, np.inf]])
def test_features_that_are_not_finite_are_an_error_without_a_warning_of_numpy(values):
    with pytest.raises(ValueError, match="X contains"):
        check.check_numbers(np.array([values]), "X")
    check.check_numbers(np.array([[1e308, 1e308]]), "X")  # only the sum is infinite
