import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp

from skneural._data.rows import Rows
from skneural._data.threads import shard_map
from skneural._network import objective as _objective
from skneural._network.activations import ACTIVATIONS
from skneural._network.network import Network
from skneural._network.objective import Objective
from skneural._network.sigmoid import SigmoidOutput
from skneural._network.softmax import SoftmaxOutput


def make(output, n=300, n_features=6, dtype=np.float64, block_rows=None, alpha=(0.5, 2.0, 3.0)):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, n_features)).astype(dtype)
    codes = np.column_stack([rng.integers(k, size=n) for k in output.coding.n_classes])
    weight = rng.uniform(0, 2, n)
    network = Network(n_features, (5, 4), [ACTIVATIONS["tanh"], ACTIVATIONS["softplus"]], output)
    rows = Rows(X, codes, weight, block_rows=block_rows)
    theta = rng.normal(size=network.n_parameters)
    return Objective(network, rows, np.array(alpha)), theta


@pytest.mark.parametrize("output", [SoftmaxOutput((3,)), SigmoidOutput((2, 4))])
def test_gradient_by_central_differences(output, assert_is_gradient):
    objective, theta = make(output)
    assert_is_gradient(lambda t: objective(t)[0], objective(theta)[1], theta)


def everything(objective, theta):
    """Value, gradient, and product of the Hessian with a direction."""
    direction = np.random.default_rng(1).normal(size=theta.size)
    return *objective(theta), objective.linearize(theta)(direction)


@pytest.mark.parametrize("output", [SoftmaxOutput((3,)), SigmoidOutput((2, 4))])
def test_hessian_product_by_central_differences_of_the_gradient(output):
    objective, theta = make(output, block_rows=20)
    u, v = np.random.default_rng(1).normal(size=(2, theta.size))
    hessian_product = objective.linearize(theta)
    product = hessian_product(v)
    step = 1e-5
    differences = (objective(theta + step * v)[1] - objective(theta - step * v)[1]) / (2 * step)
    np.testing.assert_allclose(product, differences, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(u @ product, v @ hessian_product(u), rtol=1e-11)


@pytest.mark.parametrize("make_output", [SoftmaxOutput, SigmoidOutput])
def test_value_is_that_of_the_formula(make_output):
    class_weight = [np.array([1.0, 3.0]), np.array([0.5, 1.0, 2.0])]
    output = make_output((2, 3), class_weight=class_weight)
    objective, theta = make(output)
    rows, network = objective.rows, objective.network
    z = rows.X
    functions = [np.tanh, lambda z: np.logaddexp(0, z), lambda z: z]
    for layer, function in zip(network.layers(theta), functions, strict=True):
        z = function(z @ layer.coef + layer.intercept)
    loss, _ = output.loss_gradient(z, rows.labels, rows.weight)
    columns = zip(class_weight, rows.labels.T, strict=True)
    weights = np.column_stack([table[column] for table, column in columns])
    total = (weights * rows.weight[:, None]).sum() / 2
    penalty = sum(
        alpha / 2 * (layer.coef**2).sum()
        for alpha, layer in zip([0.5, 2.0, 3.0], network.layers(theta), strict=True)
    )
    np.testing.assert_allclose(objective(theta)[0], (loss + penalty) / total, rtol=1e-12)


def test_a_penalty_for_each_input_is_one_for_each_coefficient(assert_is_gradient):
    objective, theta = make(SoftmaxOutput((3,)), block_rows=100)
    network, rows = objective.network, objective.rows
    rng = np.random.default_rng(1)
    alpha = [rng.uniform(0.1, 5, size) for size in network.layer_sizes[:-1]]
    each = Objective(network, rows, alpha)
    none = Objective(network, rows, [0.0] * 3)
    penalty = sum(
        (alpha_l[:, None] * layer.coef**2).sum()
        for alpha_l, layer in zip(alpha, network.layers(theta), strict=True)
    )
    expected = none(theta)[0] + penalty / (2 * each.total_weight)
    np.testing.assert_allclose(each(theta)[0], expected, rtol=1e-12)
    assert_is_gradient(lambda t: each(t)[0], each(theta)[1], theta)
    v = rng.normal(size=theta.size)
    ahead, behind = (each(theta + step * v)[1] for step in (1e-5, -1e-5))
    product = each.linearize(theta)(v)
    np.testing.assert_allclose(product, (ahead - behind) / 2e-5, rtol=1e-6, atol=1e-8)
    equal = Objective(network, rows, [np.full(size, 2.0) for size in network.layer_sizes[:-1]])
    one = Objective(network, rows, np.full(3, 2.0))
    for a, b in zip(everything(equal, theta), everything(one, theta), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("block_rows", [1, 7, 64, 300, 1000])
def test_any_block_size_gives_the_same_within_rounding(block_rows):
    reference, theta = make(SoftmaxOutput((3,)))
    objective, _ = make(SoftmaxOutput((3,)), block_rows=block_rows)
    for a, b in zip(everything(objective, theta), everything(reference, theta), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("block_rows", [5, 20, 300])  # 4, 1 and 1 blocks in a shard
def test_threads_give_the_same_bits_as_no_threads(block_rows):
    objective, theta = make(SoftmaxOutput((3,)), block_rows=block_rows)
    values = everything(objective, theta)
    with shard_map(1e12) as map_shards:
        objective.map_shards = map_shards
        same = everything(objective, theta)
    for a, b in zip(values, same, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("n_missing", [0, 1])
def test_products_share_their_passes_if_these_are_few_enough_to_keep(n_missing, monkeypatch):
    objective, theta = make(SoftmaxOutput((3,)), block_rows=100)
    u, v = np.random.default_rng(1).normal(size=(2, theta.size))
    expected = [objective.linearize(theta)(each) for each in (u, v, u)]
    n_numbers = objective.rows.n_rows * sum(objective.network.layer_sizes)
    monkeypatch.setattr(_objective, "KEPT_NUMBERS", n_numbers - n_missing)
    passes = []

    def linearize(network, layers, X, *data):
        passes.append(len(X))
        return of_network(network, layers, X, *data)

    of_network = Network.linearize
    monkeypatch.setattr(Network, "linearize", linearize)
    objective, _ = make(SoftmaxOutput((3,)), block_rows=100)
    product = objective.linearize(theta)
    np.testing.assert_array_equal([product(each) for each in (u, v, u)], expected)
    assert sum(passes) == objective.rows.n_rows * (3 if n_missing else 1)


def test_integer_weights_equal_repeated_rows_and_weight_zero_an_absent_row():
    objective, theta = make(SigmoidOutput((4,)), block_rows=50)
    rows = objective.rows
    weight = np.random.default_rng(1).integers(0, 4, rows.n_rows)
    repeats = np.repeat(np.arange(rows.n_rows), weight)
    weighted = Rows(rows.X, rows.labels, weight.astype(float), block_rows=50)
    repeated = Rows(rows.X[repeats], rows.labels[repeats], np.ones(len(repeats)), block_rows=50)
    alpha = np.ones(3)
    objectives = [Objective(objective.network, rows, alpha) for rows in (weighted, repeated)]
    values = [everything(objective, theta) for objective in objectives]
    for a, b in zip(*values, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-15)


def test_the_order_of_rows_does_not_matter_beyond_rounding():
    objective, theta = make(SigmoidOutput((4,)), block_rows=50)
    rows = objective.rows
    order = np.random.default_rng(1).permutation(rows.n_rows)
    shuffled = Rows(rows.X[order], rows.labels[order], rows.weight[order], block_rows=50)
    other = Objective(objective.network, shuffled, np.array([0.5, 2.0, 3.0]))
    for a, b in zip(everything(objective, theta), everything(other, theta), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize("output", [SoftmaxOutput((3,)), SigmoidOutput((3,))])
def test_float32_rows_agree_with_float64_rows_to_float32_precision(output):
    single, theta = make(output, dtype=np.float32, block_rows=50)
    double, _ = make(output, block_rows=50)
    loss, gradient, product = everything(single, theta)
    loss64, gradient64, product64 = everything(double, theta)
    assert gradient.dtype == product.dtype == np.float64
    np.testing.assert_allclose(loss, loss64, rtol=1e-6)
    np.testing.assert_allclose(gradient, gradient64, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(product, product64, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("scale", [1e-300, 1e-50, 1e38, 1e200])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_scale_of_the_weights_alone_changes_nothing(scale, dtype):
    objective, theta = make(SoftmaxOutput((3,)), dtype=dtype, alpha=(0.0, 0.0, 0.0))
    rows = objective.rows
    scaled = Rows(rows.X, rows.labels, rows.weight * scale)
    other = Objective(objective.network, scaled, np.zeros(3))
    for a, b in zip(everything(objective, theta), everything(other, theta), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_sparse_rows_and_sparse_codes_agree_with_dense_ones():
    objective, theta = make(SigmoidOutput((2, 2, 2)), block_rows=50)
    rows = objective.rows
    sparse = Rows(sp.csr_array(rows.X), sp.csr_array(rows.labels), rows.weight, block_rows=50)
    other = Objective(objective.network, sparse, np.array([0.5, 2.0, 3.0]))
    for a, b in zip(everything(objective, theta), everything(other, theta), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-15)


def test_overflow_gives_numbers_that_are_not_finite_and_no_warning():
    objective, theta = make(SoftmaxOutput((3,)))
    loss, gradient, product = everything(objective, np.sign(theta) * 1e300)
    assert not np.isfinite(loss)
    assert gradient.shape == product.shape == theta.shape


def test_a_penalty_that_overflows_is_not_finite_and_gives_no_warning():
    objective, theta = make(SoftmaxOutput((3,)))
    theta = np.where(np.arange(theta.size) % 2, theta, 0)
    light = Rows(objective.rows.X, objective.rows.labels, objective.rows.weight * 1e-200)
    loss, gradient, product = everything(Objective(objective.network, light, [1e200] * 3), theta)
    assert not np.isfinite(loss)
    for vector in (gradient, product):
        for layer in objective.network.layers(vector):
            assert not np.isfinite(layer.coef).any()


@pytest.mark.parametrize("magnitude", [1e308, np.inf])
def test_the_product_with_a_direction_that_overflows_is_not_finite_and_gives_no_warning(magnitude):
    objective, theta = make(SoftmaxOutput((3,)))
    product = objective.linearize(theta)(np.full_like(theta, magnitude))
    assert not np.isfinite(product).any()


@pytest.mark.parametrize("activation", ["identity", "relu", "tanh"])
def test_blocks_are_computed_in_arrays_that_are_kept(activation):
    n_rows, width = 2500, 400
    network = Network(3, (width, width), [ACTIVATIONS[activation]] * 2, SoftmaxOutput((2,)))
    X = np.random.default_rng(0).normal(size=(3 * n_rows, 3))
    rows = Rows(X, np.zeros((len(X), 1), int), np.ones(len(X)), block_rows=n_rows, n_shards=1)
    objective = Objective(network, rows, np.ones(3))
    theta = network.initial_weights(np.random.RandomState(0))
    objective(theta)
    tracemalloc.start()
    try:
        objective(theta)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * n_rows * width  # less than the activations of one layer


def test_weights_too_large_for_float32_overflow_even_where_units_are_saturated():
    objective, theta = make(SoftmaxOutput((3,)), dtype=np.float32)
    theta = theta.copy()
    objective.network.layers(theta)[0].intercept[...] = 1e39
    loss, gradient = objective(theta)
    assert not np.isfinite(loss)
    assert not np.isfinite(gradient).any()
