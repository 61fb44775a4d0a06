import numpy as np
import pytest
from scipy.special import expit
from scipy.special import softmax as scipy_softmax

from skneural._network.activations import ACTIVATIONS
from skneural.activations import sigmoid, softmax
from tests.network.contract import ActivationContract

EXTREMES = [0.0, 1e-300, 1.0, 37.0, 1e2, 1e4, 1e30]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_has_full_relative_accuracy_at_any_magnitude(dtype):
    x = np.array([sign * value for value in EXTREMES for sign in (1, -1)], dtype=dtype)
    result = sigmoid(x)
    assert result.dtype == dtype
    limits = np.finfo(dtype)
    expected = expit(x.astype(np.float64))
    np.testing.assert_allclose(result, expected, rtol=4 * limits.eps, atol=limits.tiny)


def test_sigmoid_keeps_shape_and_turns_integers_to_float():
    assert sigmoid(0) == 0.5
    assert sigmoid([[0, 1], [2, 3]]).shape == (2, 2)
    assert sigmoid(np.array([1], dtype=np.int8)).dtype == np.float64


def test_sigmoids_need_not_sum_to_one_and_are_symmetric():
    x = np.linspace(-30, 30, 61)
    np.testing.assert_allclose(sigmoid(x) + sigmoid(-x), 1, rtol=1e-15)
    assert sigmoid(x).sum() > 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax_agrees_with_scipy_and_sums_to_one(dtype, axis):
    x = (np.random.default_rng(0).normal(size=(7, 5)) * 20).astype(dtype)
    result = softmax(x, axis=axis)
    assert result.dtype == dtype
    np.testing.assert_allclose(result, scipy_softmax(x, axis=axis), rtol=20 * np.finfo(dtype).eps)
    np.testing.assert_allclose(result.sum(axis=axis), 1, rtol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_is_finite_at_any_magnitude(dtype):
    largest = np.finfo(dtype).max
    x = np.array([[1e4, -1e4], [-1e4, -1e4], [largest, -largest], [-largest, -largest]], dtype)
    np.testing.assert_array_equal(softmax(x), [[1, 0], [0.5, 0.5], [1, 0], [0.5, 0.5]])


@pytest.mark.parametrize("x", [3.0, [1.0, 2.0]])
def test_softmax_refuses_what_is_not_rows_of_logits(x):
    with pytest.raises(ValueError, match=f"at least 2 dimensions, got {np.ndim(x)}-d"):
        softmax(x)


def test_softmax_of_two_is_the_sigmoid_of_the_difference():
    z = np.random.default_rng(0).normal(size=(20, 2)) * 10
    np.testing.assert_allclose(softmax(z)[:, 1], sigmoid(z[:, 1] - z[:, 0]), rtol=1e-13)


@pytest.mark.parametrize("name", ACTIVATIONS)
class TestRegistered(ActivationContract):
    @pytest.fixture(autouse=True)
    def set_activation(self, name):
        self.activation = ACTIVATIONS[name]


def test_only_relu_has_a_kink():
    assert [name for name, activation in ACTIVATIONS.items() if not activation.smooth] == ["relu"]


def test_values_are_those_of_the_formulas():
    z = np.linspace(-5, 5, 11)
    expected = {
        "identity": z,
        "logistic": 1 / (1 + np.exp(-z)),
        "tanh": np.tanh(z),
        "relu": z * (z > 0),
        "softplus": np.log(1 + np.exp(z)),
        "silu": z / (1 + np.exp(-z)),
    }
    assert expected.keys() == ACTIVATIONS.keys()
    for name, activation in ACTIVATIONS.items():
        a = z.copy()
        activation.apply(a)
        np.testing.assert_allclose(a, expected[name], rtol=1e-13)
