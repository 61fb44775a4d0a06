import numpy as np
import pytest
import scipy.sparse as sp

from skneural._network.activations import ACTIVATIONS
from skneural._network.network import LAYER_NUMBERS, Layer, Network, forward, most_rows, pack
from skneural._network.sigmoid import SigmoidOutput
from skneural._network.softmax import SoftmaxOutput


def make(output, names, sizes=None, n_features=5):
    sizes = sizes or [4] * len(names)
    return Network(n_features, sizes, [ACTIVATIONS[name] for name in names], output)


def sample(network, n=7, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, network.layer_sizes[0]))
    codes = np.column_stack([rng.integers(k, size=n) for k in network.output.coding.n_classes])
    theta = rng.normal(size=network.n_parameters)
    return X, codes, rng.uniform(0, 2, n), theta


def loss_and_gradient(network, theta, X, codes, weight):
    gradient = np.full_like(theta, np.nan)
    loss = network.loss_gradient(network.layers(theta), X, codes, weight, network.layers(gradient))
    return loss, gradient


@pytest.mark.parametrize("output", [SoftmaxOutput((3,)), SigmoidOutput((3, 2))])
@pytest.mark.parametrize(
    "names", [[], *([name] for name in ACTIVATIONS), list(ACTIVATIONS), ["tanh", "relu"]], ids=str
)
def test_gradient_by_central_differences(output, names, assert_is_gradient):
    network = make(output, names)
    X, codes, weight, theta = sample(network)
    weight[:2] = 0.0, 3.0
    _, gradient = loss_and_gradient(network, theta, X, codes, weight)
    assert_is_gradient(
        lambda t: loss_and_gradient(network, t, X, codes, weight)[0], gradient, theta
    )


SMOOTH = [name for name, activation in ACTIVATIONS.items() if activation.smooth]


def hessian_product(network, theta, direction, X, codes, weight):
    product = np.full_like(theta, np.nan)
    layers, moves, result = map(network.layers, (theta, direction, product))
    network.linearize(layers, X, codes, weight).product(moves, result)
    return product


WEIGHTED = {"label_smoothing": 0.1, "class_weight": [np.array([1.0, 0.0, 2.0]), np.ones(2)]}


@pytest.mark.parametrize("to_container", [np.asarray, sp.csr_array, sp.csr_matrix])
@pytest.mark.parametrize(
    "output",
    [SoftmaxOutput((3,)), SoftmaxOutput((3, 2), **WEIGHTED), SigmoidOutput((3, 2), **WEIGHTED)],
)
@pytest.mark.parametrize("names", [[], *([name] for name in SMOOTH), SMOOTH], ids=str)
def test_hessian_product(output, names, to_container):
    network = make(output, names)
    X, codes, weight, theta = sample(network)
    X[X < -0.5] = 0
    X = to_container(X)
    u, v = np.random.default_rng(1).normal(size=(2, theta.size))

    def product(direction):
        return hessian_product(network, theta, direction, X, codes, weight)

    def gradient(theta):
        return loss_and_gradient(network, theta, X, codes, weight)[1]

    step = 1e-5
    differences = (gradient(theta + step * v) - gradient(theta - step * v)) / (2 * step)
    scale = np.abs(differences).max()
    np.testing.assert_allclose(product(v), differences, rtol=1e-6, atol=1e-8 * scale)
    np.testing.assert_allclose(u @ product(v), v @ product(u), rtol=1e-10, atol=1e-12 * scale)
    np.testing.assert_allclose(
        product(2 * u - 3 * v), 2 * product(u) - 3 * product(v), rtol=1e-10, atol=1e-12 * scale
    )


def test_a_kink_has_no_hessian_product():
    network = make(SoftmaxOutput((3,)), ["tanh", "relu"])
    X, codes, weight, theta = sample(network)
    with pytest.raises(NotImplementedError, match="relu"):
        hessian_product(network, theta, theta, X, codes, weight)


def test_layers_are_views_with_the_bias_first():
    network = make(SoftmaxOutput((3,)), ["relu", "relu"], sizes=[6, 2])
    vector = np.arange(network.n_parameters, dtype=float)
    layers = network.layers(vector)
    assert [layer.coef.shape for layer in layers] == [(5, 6), (6, 2), (2, 3)]
    assert all(np.shares_memory(part, vector) for layer in layers for part in layer)
    np.testing.assert_array_equal(layers[0].intercept, np.arange(6))
    np.testing.assert_array_equal(pack(layers), vector)


def test_without_coefficients_only_a_copy_of_the_intercepts_is_left():
    network = make(SoftmaxOutput((3,)), ["relu", "relu"], sizes=[6, 2])
    vector = 1.0 + np.arange(network.n_parameters)
    layers = network.layers(vector)
    for layer, rest in zip(layers, network.layers(network.without_coefs(vector)), strict=True):
        np.testing.assert_array_equal(rest.intercept, layer.intercept)
        assert not rest.coef.any()
        assert layer.coef.all()


@pytest.mark.parametrize("hidden", [[], [4], [1200, 1000], [3, 2**18]], ids=str)
def test_in_the_longest_block_no_layer_holds_many_more_numbers_than_the_weights(hidden):
    network = make(SoftmaxOutput((3,)), ["relu"] * len(hidden), sizes=hidden)
    layers = network.layers(np.empty(network.n_parameters))
    widest = max(network.layer_sizes[1:])
    most = max(LAYER_NUMBERS, network.n_parameters - sum(network.layer_sizes[1:]))
    assert most_rows(layers) * widest <= most < (most_rows(layers) + 1) * widest


def test_sparse_rows_give_what_dense_rows_give():
    network = make(SoftmaxOutput((3,)), ["tanh"])
    X, codes, weight, theta = sample(network)
    X[X < 0.5] = 0
    dense = loss_and_gradient(network, theta, X, codes, weight)
    for container in (sp.csr_array, sp.csr_matrix):
        sparse = loss_and_gradient(network, theta, container(X), codes, weight)
        np.testing.assert_allclose(sparse[0], dense[0], rtol=1e-14)
        np.testing.assert_allclose(sparse[1], dense[1], rtol=1e-12, atol=1e-14)


def test_permuted_classes_permute_units_and_their_gradient():
    network = make(SoftmaxOutput((3,)), ["tanh"])
    X, codes, weight, theta = sample(network)
    order = np.array([2, 0, 1])  # the new code of each class
    *hidden, last = network.layers(theta)
    inverse = np.argsort(order)
    permuted = pack([*hidden, Layer(last.intercept[inverse], last.coef[:, inverse])])
    loss, gradient = loss_and_gradient(network, theta, X, codes, weight)
    same, changed = loss_and_gradient(network, permuted, X, order[codes], weight)
    np.testing.assert_allclose(same, loss, rtol=1e-14)
    *first, slope = network.layers(gradient)
    expected = pack([*first, Layer(slope.intercept[inverse], slope.coef[:, inverse])])
    np.testing.assert_allclose(changed, expected, rtol=1e-12, atol=1e-14)


def test_two_softmax_units_make_the_network_of_one_sigmoid_unit():
    softmax, sigmoid = (make(o, ["tanh"]) for o in (SoftmaxOutput((2,)), SigmoidOutput((2,))))
    X, codes, weight, theta = sample(softmax)
    *hidden, last = softmax.layers(theta)
    one_unit = Layer(np.diff(last.intercept), np.diff(last.coef, axis=1))
    loss, gradient = loss_and_gradient(softmax, theta, X, codes, weight)
    same, single = loss_and_gradient(sigmoid, pack([*hidden, one_unit]), X, codes, weight)
    np.testing.assert_allclose(loss, same, rtol=1e-14)
    n_shared = pack(hidden).size
    np.testing.assert_allclose(gradient[:n_shared], single[:n_shared], rtol=1e-11, atol=1e-13)


def test_initial_weights_have_the_bound_of_glorot_and_no_bias():
    network = make(SoftmaxOutput((3,)), ["relu"], sizes=[200], n_features=100)
    layers = network.layers(network.initial_weights(np.random.RandomState(0)))
    for layer in layers:
        bound = np.sqrt(6 / sum(layer.coef.shape))
        assert np.abs(layer.coef).max() <= bound
        np.testing.assert_allclose(layer.coef.std(), bound / np.sqrt(3), rtol=0.05)
        np.testing.assert_array_equal(layer.intercept, 0)


def test_forward_gives_the_values_of_all_layers():
    network = make(SoftmaxOutput((3,)), ["relu"])
    X, _, _, theta = sample(network)
    first, second = network.layers(theta)
    passed = forward([first, second], network.activations, X)
    hidden = np.maximum(X @ first.coef + first.intercept, 0)
    assert passed.inputs[0] is X
    np.testing.assert_allclose(passed.inputs[1], hidden, rtol=1e-14)
    np.testing.assert_allclose(passed.logits, hidden @ second.coef + second.intercept, rtol=1e-12)


@pytest.mark.parametrize("output", [SoftmaxOutput((3,)), SigmoidOutput((3, 2))])
@pytest.mark.parametrize(
    "names", [[], *([name] for name in ACTIVATIONS), ["tanh", "relu"]], ids=str
)
def test_backpropagated_errors_are_those_whose_products_are_the_gradient(output, names):
    network = make(output, names)
    X, codes, weight, theta = sample(network)
    layers = network.layers(theta)
    inputs, kept, logits = forward(layers, network.activations, X)
    _, delta = output.loss_gradient(logits, codes, weight)
    _, gradient = loss_and_gradient(network, theta, X, codes, weight)
    depths = []
    for depth, error in network.backpropagate(layers, kept, delta):
        depths.append(depth)
        intercept, coef = network.layers(gradient)[depth]
        np.testing.assert_allclose(inputs[depth].T @ error, coef, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(error.sum(axis=0), intercept, rtol=1e-12, atol=1e-13)
    assert depths == list(reversed(range(len(layers))))


@pytest.mark.parametrize("names", [[], ["tanh"], ["relu", "softplus"]], ids=str)
def test_initial_weights_on_features_in_any_units_are_those_on_standardised_ones(names):
    network = make(SoftmaxOutput((3,)), names)
    X, _, _, _ = sample(network)
    location, scale = np.array([0.0, -3.0, 1e3, 7.0, 0.1]), np.array([1.0, 1e-3, 1e4, 2.0, 50.0])
    plain = network.initial_weights(np.random.RandomState(0))
    moved = network.initial_weights(np.random.RandomState(0), location, scale)
    logits, same = (
        forward(network.layers(theta), network.activations, features).logits
        for theta, features in ((plain, X), (moved, location + scale * X))
    )
    np.testing.assert_allclose(same, logits, rtol=1e-8, atol=1e-9)
    default = network.initial_weights(np.random.RandomState(0), 0.0, 1.0)
    np.testing.assert_array_equal(default, plain)


@pytest.mark.parametrize("scale", [1e-200, 1e-310])
def test_initial_weights_overflow_without_a_warning(scale):
    network = Network(2, (3,), [ACTIVATIONS["tanh"]], SoftmaxOutput((3,)))
    weights = network.initial_weights(np.random.RandomState(0), [1e200, 0.0], scale)
    assert not np.isfinite(weights).all()
