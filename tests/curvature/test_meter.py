import numpy as np
import pytest
import scipy.sparse as sp

from skneural._curvature import meter as _meter
from skneural._curvature.factors import floored
from skneural._curvature.meter import DISPERSIONS, EXACT_ROOTS, SAMPLE_ROWS, CurvatureMeter
from skneural._data.rows import Rows
from skneural._data.threads import shard_map
from skneural._network.activations import ACTIVATIONS
from skneural._network.network import Network, forward
from skneural._network.sigmoid import SigmoidOutput
from skneural._network.softmax import SoftmaxOutput
from tests.curvature.measure import feature_moments, layer_curvature

OUTPUTS = [
    SoftmaxOutput((3,)),
    SigmoidOutput((2, 4), class_weight=[np.array([1.0, 3.0]), np.array([0.5, 1.0, 2.0, 0.0])]),
    SoftmaxOutput((2, 3), label_smoothing=0.2),
]
CONVERSIONS = {
    "dense": (np.asarray, 1e-11),
    "csr": (sp.csr_array, 1e-11),
    "float32": (lambda X: X.astype(np.float32), 1e-4),
    "csr float32": (lambda X: sp.csr_array(X.astype(np.float32)), 1e-4),
}
EVERYTHING = 10_000  # more dimensions than there are
UNWEIGHTED = SoftmaxOutput((3,))


def make(output, n=1500, hidden=(5, 4), names=("tanh", "softplus"), seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 6)) * np.arange(1, 7) + [0, 0, 3, -3, 1, 0]
    X[np.abs(X) < 0.5] = 0
    codes = np.column_stack([rng.integers(k, size=n) for k in output.coding.n_classes])
    network = Network(6, hidden, [ACTIVATIONS[name] for name in names], output)
    theta = 0.5 * rng.normal(size=network.n_parameters)
    return network, theta, Rows(X, codes, rng.uniform(0.5, 2, n))


def brute_force(network, theta, rows):
    """Mean, A and G of each layer, and the dispersion, from all rows at once."""
    output, layers = network.output, network.layers(theta)
    inputs, kept, logits = forward(layers, network.activations, rows.X)
    weight = output.coding.weights(rows.labels, rows.weight).mean(axis=1)
    errors = [[] for _ in layers]
    for unit in np.eye(output.coding.n_units):
        root = output.fisher_root(logits, rows.labels, rows.weight, unit)
        for depth, error in network.backpropagate(layers, kept, root):
            errors[depth].append(error)
    factors = []
    for a, gs in zip(inputs, errors, strict=True):
        mean = np.average(a, axis=0, weights=weight)
        A = (weight[:, None] * (a - mean)).T @ (a - mean) / weight.sum()
        factors.append((mean, A, sum(g.T @ g for g in gs) / weight.sum()))
    observed, expected = output.squared_errors(logits, rows.labels, rows.weight)
    return factors, observed / expected


def assert_same(curvature, other, rtol=1e-9):
    np.testing.assert_allclose(curvature.dispersion, other.dispersion, rtol=rtol)
    for factors, same in zip(curvature.factors, other.factors, strict=True):
        for a, b in zip(factors, same, strict=True):
            np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * np.abs(b).max())


@pytest.mark.parametrize("conversion", CONVERSIONS)
@pytest.mark.parametrize("output", OUTPUTS)
def test_factors_are_the_sums_of_their_definition(output, conversion):
    convert, rtol = CONVERSIONS[conversion]
    network, theta, rows = make(output)
    expected, dispersion = brute_force(network, theta, rows)
    converted = Rows(convert(rows.X), rows.labels, rows.weight)
    curvature = layer_curvature(network, theta, converted, map, EVERYTHING)
    np.testing.assert_allclose(curvature.dispersion, dispersion, rtol=rtol)
    for factors, definition in zip(curvature.factors, expected, strict=True):
        for part, same in zip(factors, definition, strict=True):
            assert part.dtype == np.float64
            np.testing.assert_allclose(part, same, rtol=rtol, atol=rtol * np.abs(same).max())


def test_without_hidden_layers_one_unit_has_a_rank_one_product_per_row_for_its_curvature():
    network, theta, rows = make(SigmoidOutput((2,)), hidden=(), names=())
    ((mean, A, G),), _ = layer_curvature(network, theta, rows, map, EVERYTHING)
    p = network.output.activations(forward(network.layers(theta), (), rows.X).logits)[:, 0]
    np.testing.assert_allclose(mean, np.average(rows.X, axis=0, weights=rows.weight))
    np.testing.assert_allclose(A, np.cov(rows.X.T, aweights=rows.weight, ddof=0), atol=1e-12)
    np.testing.assert_allclose(G, [[np.average(p * (1 - p), weights=rows.weight)]])


@pytest.mark.parametrize("conversion", CONVERSIONS)
@pytest.mark.parametrize("largest", [0, 3, 4, 5])
def test_of_more_dimensions_than_the_largest_there_is_the_diagonal(conversion, largest):
    convert, rtol = CONVERSIONS[conversion]
    network, theta, rows = make(OUTPUTS[0])
    rows = Rows(convert(rows.X), rows.labels, rows.weight)
    full = layer_curvature(network, theta, rows, map, EVERYTHING).factors
    some = layer_curvature(network, theta, rows, map, largest).factors
    for factors, complete in zip(some, full, strict=True):
        for side, whole in zip(factors[1:], complete[1:], strict=True):
            expected = whole if len(whole) <= largest else whole.diagonal()
            np.testing.assert_allclose(side, expected, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("output", OUTPUTS)
def test_integer_weights_equal_repeated_rows_in_any_order(output):
    network, theta, rows = make(output, n=SAMPLE_ROWS // 3)
    rng = np.random.default_rng(1)
    weight = rng.integers(1, 4, rows.n_rows)
    repeats = rng.permutation(np.repeat(np.arange(rows.n_rows), weight))
    weighted = Rows(rows.X, rows.labels, weight.astype(float))
    repeated = Rows(rows.X[repeats], rows.labels[repeats], np.ones(len(repeats)))
    curvatures = [
        layer_curvature(network, theta, each, map, EVERYTHING) for each in (weighted, repeated)
    ]
    assert_same(*curvatures)
    for a, b in zip(
        feature_moments(UNWEIGHTED, weighted, map),
        feature_moments(UNWEIGHTED, repeated, map),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, rtol=1e-11)


@pytest.mark.parametrize("scale", [1e-300, 1e-50, 1e38, 1e200])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_scale_of_the_weights_changes_nothing(scale, dtype):
    network, theta, rows = make(OUTPUTS[0])
    plain = Rows(rows.X.astype(dtype), rows.labels, rows.weight)
    scaled = Rows(plain.X, rows.labels, rows.weight * scale)
    curvatures = [layer_curvature(network, theta, r, map, EVERYTHING) for r in (plain, scaled)]
    assert_same(*curvatures, rtol=1e-5)
    for a, b in zip(
        feature_moments(UNWEIGHTED, plain, map),
        feature_moments(UNWEIGHTED, scaled, map),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("make_output", [SoftmaxOutput, SigmoidOutput])
def test_of_many_units_the_factors_are_right_on_average(make_output):
    n_units = EXACT_ROOTS + 8
    network, theta, rows = make(make_output((n_units,)), n=SAMPLE_ROWS)
    expected, _ = brute_force(network, theta, rows)
    curvature = layer_curvature(network, theta, rows, map, EVERYTHING)
    for (_, A, G), (_, same_A, same_G) in zip(curvature.factors, expected, strict=True):
        np.testing.assert_allclose(A, same_A, rtol=1e-9, atol=1e-9)
        assert np.linalg.norm(G - same_G) < 0.1 * np.linalg.norm(same_G)
        np.testing.assert_allclose(np.trace(G), np.trace(same_G), rtol=0.05)


@pytest.mark.parametrize("n_classes", [3, EXACT_ROOTS + 1])
def test_threads_give_the_same_bits_as_no_threads(n_classes):
    network, theta, rows = make(SoftmaxOutput((n_classes,)), n=SAMPLE_ROWS)
    curvature = layer_curvature(network, theta, rows, map, EVERYTHING)
    moments = feature_moments(UNWEIGHTED, rows, map)
    with shard_map(1e12) as map_shards:
        assert_same(layer_curvature(network, theta, rows, map_shards, EVERYTHING), curvature, 0)
        for a, b in zip(feature_moments(UNWEIGHTED, rows, map_shards), moments, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("conversion", CONVERSIONS)
def test_feature_moments_are_weighted_means_and_variances(conversion):
    convert, rtol = CONVERSIONS[conversion]
    _, _, rows = make(OUTPUTS[0])
    mean, variance = feature_moments(
        UNWEIGHTED, Rows(convert(rows.X), rows.labels, rows.weight), map
    )
    expected = np.average(rows.X, axis=0, weights=rows.weight)
    np.testing.assert_allclose(mean, expected, rtol=rtol, atol=rtol)
    squares = np.average((rows.X - expected) ** 2, axis=0, weights=rows.weight)
    np.testing.assert_allclose(variance, squares, rtol=10 * rtol)


def test_variances_lose_no_digits_to_a_large_mean():
    network, theta, rows = make(OUTPUTS[0])
    shifted = Rows(np.round(rows.X, 3) + 1e8, rows.labels, rows.weight)
    centred = shifted.X - 1e8
    expected = np.cov(centred.T, aweights=rows.weight, ddof=0)
    np.testing.assert_allclose(
        feature_moments(UNWEIGHTED, shifted, map)[1], expected.diagonal(), rtol=1e-10
    )
    A = layer_curvature(network, theta, shifted, map, EVERYTHING).factors[0].A
    np.testing.assert_allclose(A, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("conversion", CONVERSIONS)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_what_varies_by_rounding_alone_has_no_variance(name, conversion):
    network, theta, rows = make(OUTPUTS[0], names=(name, name))
    X = np.hstack([rows.X[:, :3], np.full((rows.n_rows, 3), 0.1)])
    rows = Rows(CONVERSIONS[conversion][0](X), rows.labels, rows.weight)
    hidden, *_ = network.layers(theta)
    hidden.coef[...] = 0
    first, *others = layer_curvature(network, theta, rows, map, EVERYTHING).factors
    np.testing.assert_array_equal(feature_moments(UNWEIGHTED, rows, map)[1] > 0, [1, 1, 1, 0, 0, 0])
    np.testing.assert_array_equal(first.A != 0, np.outer([1, 1, 1, 0, 0, 0], [1, 1, 1, 0, 0, 0]))
    for factors in others:
        np.testing.assert_array_equal(factors.A, 0)


@pytest.mark.parametrize("certainty", [1e2, 1e5, 1e30])
@pytest.mark.parametrize("output", OUTPUTS)
def test_the_dispersion_around_outputs_that_are_wrongly_certain_is_bounded(output, certainty):
    network, theta, rows = make(output)
    network.layers(theta)[-1].coef[...] *= certainty
    assert 0 <= layer_curvature(network, theta, rows, map, 0).dispersion <= DISPERSIONS[1]


def sampled(n_rows, seed):
    sample = _meter._sample(Rows(np.arange(n_rows)[:, None]), np.random.RandomState(seed))
    return np.concatenate([sample.features(block)[:, 0] for block in sample.blocks()])


@pytest.mark.parametrize("n_rows", [1, 100, SAMPLE_ROWS])
def test_all_of_few_rows_are_used(n_rows):
    np.testing.assert_array_equal(sampled(n_rows, 0), np.arange(n_rows))


@pytest.mark.parametrize("n_rows", [SAMPLE_ROWS + 1, 3 * SAMPLE_ROWS - 1, 10**7])
def test_a_sample_has_a_random_row_of_each_section(n_rows):
    rows = sampled(n_rows, 0)
    edges = np.linspace(0, n_rows, SAMPLE_ROWS + 1).astype(int)
    assert (edges[:-1] <= rows).all()
    assert (rows < edges[1:]).all()
    np.testing.assert_array_equal(sampled(n_rows, 0), rows)
    assert not np.array_equal(sampled(n_rows, 1), rows)


@pytest.mark.parametrize("period", [2, 3, 4, 8])
def test_rows_in_a_periodic_order_have_the_moments_of_shuffled_ones(period):
    network, theta, rows = make(OUTPUTS[0], n=2 * SAMPLE_ROWS)
    kinds = np.arange(rows.n_rows) % period
    X = rows.X + kinds[:, None]
    order = np.random.default_rng(0).permutation(rows.n_rows)
    periodic = Rows(X, rows.labels, rows.weight)
    shuffled = Rows(X[order], rows.labels[order], rows.weight[order])
    results = [feature_moments(UNWEIGHTED, each, map) for each in (periodic, shuffled)]
    spread = np.sqrt(results[0][1])
    np.testing.assert_allclose((results[0][0] - results[1][0]) / spread, 0, atol=0.1)
    np.testing.assert_allclose(results[0][1], results[1][1], rtol=0.1)
    factors = [
        layer_curvature(network, theta, each, map, 0).factors for each in (periodic, shuffled)
    ]
    for one, other in zip(*factors, strict=True):
        np.testing.assert_allclose(one.G.sum(), other.G.sum(), rtol=0.1)


def test_the_moments_of_the_features_are_measured_once():
    network, theta, rows = make(OUTPUTS[0])
    meter = CurvatureMeter(network, EVERYTHING, np.random.RandomState(0))
    first = meter.measure(theta, rows)
    others = Rows(rows.X + 100, rows.labels, rows.weight)
    second = meter.measure(0.5 * theta, others, is_last=True)
    assert second.factors[0].A is first.factors[0].A
    assert not np.allclose(second.factors[1].A, first.factors[1].A)
    third = meter.measure(theta, others)
    np.testing.assert_allclose(third.factors[0].mean, first.factors[0].mean + 100, rtol=1e-12)


def test_floored_variances_are_at_least_the_median_of_the_positive_ones():
    np.testing.assert_array_equal(floored(np.array([0.0, 1e-9, 2.0, 8.0])), [2, 2, 2, 8])
    np.testing.assert_array_equal(floored(np.zeros(3)), 1)
    variance = np.random.default_rng(0).exponential(size=9)
    np.testing.assert_array_equal(floored(floored(variance)), floored(variance))
    np.testing.assert_allclose(floored(7 * variance), 7 * floored(variance))


def test_random_signs_belong_to_the_positions_of_rows():
    signs = _meter._signs(300, 0, 1000, seed=1)
    assert set(signs.ravel()) == {-1, 1}
    np.testing.assert_array_equal(_meter._signs(300, 417, 500, seed=1), signs[417:500])
    assert not np.array_equal(_meter._signs(300, 0, 1000, seed=0), signs)
    np.testing.assert_allclose(signs.T @ signs / 1000, np.eye(300), atol=0.2)
