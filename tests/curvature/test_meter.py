import numpy as np
import pytest
import scipy.sparse as sp

from skneural._curvature import meter as _meter
from skneural._curvature import probes as _probes
from skneural._curvature.factors import floored, robust_scale
from skneural._curvature.meter import DISPERSIONS, SAMPLE_ROWS, UNCERTAIN
from skneural._curvature.moments import feature_moments
from skneural._curvature.probes import EXACT_ROOTS
from skneural._data.rows import Rows
from skneural._data.threads import shard_map
from skneural._network.activations import ACTIVATIONS
from skneural._network.network import Network, forward
from skneural._network.sigmoid import SigmoidOutput
from skneural._network.softmax import SoftmaxOutput
from tests.curvature.measure import layer_curvature, layer_meter

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


def moments(x, weight):
    """Weighted mean, variance, and fourth moment of ``(x - mean) / sd``."""
    mean = np.average(x, axis=0, weights=weight)
    variance = np.average((x - mean) ** 2, axis=0, weights=weight)
    return mean, variance, np.average((x - mean) ** 4, axis=0, weights=weight) / variance**2


def squared_errors(network, layers, kept, roots):
    """The sum of the back-propagated outer products of each layer, over rows and roots."""
    products = [0.0] * network.n_layers
    for root in roots:
        for depth, error in network.backpropagate(layers, kept, root):
            products[depth] = products[depth] + error.T @ error
    return products


def brute_force(network, theta, rows, unit=1.0):
    """Mean, scale, A and G of each layer, and the dispersion, from all rows at once."""
    output, layers = network.output, network.layers(theta)
    inputs, kept, logits = forward(layers, network.activations, rows.X)
    weight = output.coding.weights(rows.labels, rows.weight).mean(axis=1)
    data = logits, rows.labels, rows.weight
    units = np.eye(output.coding.n_units)
    expected = squared_errors(
        network, layers, kept, [output.fisher_root(*data, unit) for unit in units]
    )
    observed = squared_errors(network, layers, kept, output.error_roots(*data))
    factors = []
    for depth, (a, G) in enumerate(zip(inputs, expected, strict=True)):
        mean, variance, fourth = moments(a, weight)
        scale = np.sqrt(floored(variance)) if depth else robust_scale(variance, fourth)
        z = (a - mean) / scale
        factors.append((mean, scale, (weight[:, None] * z).T @ z / weight.sum(), G / weight.sum()))
    traces = np.array([[np.trace(part) for part in parts] for parts in (observed, expected)])
    # Class weights are squared in the observed errors.
    squared = output.coding.weights(rows.labels, rows.weight, power=2).mean(axis=1)
    traces[0] *= weight.sum() / squared.sum()
    added = UNCERTAIN * unit  # in the output layer
    shrunk = (traces[0, -1] + added) / (traces[1, -1] + added) / (traces[0, -1] / traces[1, -1])
    return factors, traces[0] / traces[1] * shrunk


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
    expected, dispersion = brute_force(network, theta, rows, unit=0.7)
    converted = Rows(convert(rows.X), rows.labels, rows.weight)
    curvature = layer_curvature(network, theta, converted, map, EVERYTHING, unit=0.7)
    np.testing.assert_allclose(curvature.dispersion, dispersion, rtol=rtol)
    for factors, definition in zip(curvature.factors, expected, strict=True):
        for part, same in zip(factors, definition, strict=True):
            assert part.dtype == np.float64
            np.testing.assert_allclose(part, same, rtol=rtol, atol=rtol * np.abs(same).max())


def test_without_hidden_layers_one_unit_has_a_rank_one_product_per_row_for_its_curvature():
    network, theta, rows = make(SigmoidOutput((2,)), hidden=(), names=())
    ((mean, scale, A, G),), _ = layer_curvature(network, theta, rows, map, EVERYTHING)
    p = network.output.activations(forward(network.layers(theta), (), rows.X).logits)[:, 0]
    np.testing.assert_allclose(mean, np.average(rows.X, axis=0, weights=rows.weight))
    covariance = np.cov((rows.X / scale).T, aweights=rows.weight, ddof=0)
    np.testing.assert_allclose(A, covariance, atol=1e-12)
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
        np.testing.assert_allclose(factors.scale, complete.scale, rtol=rtol)
        for side, whole in zip(factors[2:], complete[2:], strict=True):
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
        feature_moments(UNWEIGHTED, weighted),
        feature_moments(UNWEIGHTED, repeated),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, rtol=1e-11)


@pytest.mark.parametrize("scale", [1e-300, 1e-50, 1e38, 1e200])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_scale_of_the_weights_changes_nothing(scale, dtype):
    network, theta, rows = make(OUTPUTS[0])
    plain = Rows(rows.X.astype(dtype), rows.labels, rows.weight)
    scaled = Rows(plain.X, rows.labels, rows.weight * scale)
    curvatures = [
        layer_curvature(network, theta, each, map, EVERYTHING, unit=unit)
        for each, unit in ((plain, 1.0), (scaled, scale))
    ]
    assert_same(*curvatures, rtol=1e-5)
    for a, b in zip(
        feature_moments(UNWEIGHTED, plain),
        feature_moments(UNWEIGHTED, scaled),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("make_output", [SoftmaxOutput, SigmoidOutput])
def test_of_many_units_the_factors_are_right_on_average(make_output):
    n_units = EXACT_ROOTS + 8
    network, theta, rows = make(make_output((n_units,)), n=SAMPLE_ROWS)
    expected, _ = brute_force(network, theta, rows)
    curvature = layer_curvature(network, theta, rows, map, EVERYTHING)
    for (*_, A, G), (*_, same_A, same_G) in zip(curvature.factors, expected, strict=True):
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
def test_feature_moments_are_weighted_means_and_scales_of_all_rows(conversion):
    convert, rtol = CONVERSIONS[conversion]
    output = SoftmaxOutput((3,), class_weight=[np.array([1.0, 2.0, 5.0])])
    _, _, rows = make(output, n=3 * SAMPLE_ROWS)
    rows.X[:, 4] = np.random.default_rng(1).random(rows.n_rows) < 0.02
    converted = Rows(convert(rows.X), rows.labels, rows.weight)
    mean, scale = feature_moments(output, converted)
    weight = output.coding.weights(rows.labels, rows.weight)[:, 0]
    expected, variance, fourth = moments(rows.X, weight)
    np.testing.assert_allclose(mean, expected, rtol=rtol, atol=rtol)
    np.testing.assert_allclose(scale, robust_scale(variance, fourth), rtol=10 * rtol)
    assert scale[4] > 1.5 * np.sqrt(variance[4])


def test_moments_of_numbers_that_are_stored_twice_are_those_of_their_sums():
    _, _, rows = make(OUTPUTS[0])
    parts = [sp.coo_array(share * rows.X) for share in (0.25, 0.75)]
    data, row, column = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("data", "row", "col")
    )
    order = np.argsort(row, kind="stable")
    starts = np.searchsorted(row[order], np.arange(rows.n_rows + 1))
    X = sp.csr_array((data[order], column[order], starts), shape=rows.X.shape)
    assert not X.has_canonical_format
    found = feature_moments(UNWEIGHTED, Rows(X, rows.labels, rows.weight))
    for one, other in zip(found, feature_moments(UNWEIGHTED, rows), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11)


def test_moments_of_features_that_no_row_or_all_but_one_store_are_those_with_zeros():
    _, _, rows = make(OUTPUTS[0])
    rows.X[:, [0, -1]] = 0
    rows.X[:, 1] = 9
    rows.X[rows.weight.argmin(), 1] = 0
    sparse = Rows(sp.csr_array(rows.X), rows.labels, rows.weight)
    found = feature_moments(UNWEIGHTED, sparse)
    for one, other in zip(found, feature_moments(UNWEIGHTED, rows), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11)


@pytest.mark.parametrize("conversion", ["dense", "csr"])
def test_scales_lose_no_digits_to_a_large_mean(conversion):
    network, theta, rows = make(OUTPUTS[0])
    centred = np.round(rows.X, 3)
    convert, _ = CONVERSIONS[conversion]
    shifted = Rows(convert(centred + 1e6), rows.labels, rows.weight)
    mean, variance, fourth = moments((centred + 1e6) - 1e6, rows.weight)
    found_mean, scale = feature_moments(UNWEIGHTED, shifted)
    np.testing.assert_allclose(found_mean, mean + 1e6, rtol=1e-15)
    np.testing.assert_allclose(scale, robust_scale(variance, fourth), rtol=1e-9)
    if conversion == "dense":
        A = layer_curvature(network, theta, shifted, map, EVERYTHING).factors[0].A
        covariance = np.cov((centred / scale).T, aweights=rows.weight, ddof=0)
        np.testing.assert_allclose(A, covariance, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("conversion", CONVERSIONS)
def test_an_outlier_in_the_first_row_spoils_no_scale(conversion):
    convert, _ = CONVERSIONS[conversion]
    _, _, rows = make(OUTPUTS[0])
    rows.X[0] = 1e4
    converted = Rows(convert(rows.X), rows.labels, rows.weight)
    _, variance, fourth = moments(rows.X, rows.weight)
    expected = robust_scale(variance, fourth)
    np.testing.assert_allclose(feature_moments(UNWEIGHTED, converted)[1], expected, rtol=1e-5)


@pytest.mark.parametrize("conversion", CONVERSIONS)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_what_varies_by_rounding_alone_has_no_variance(name, conversion):
    network, theta, rows = make(OUTPUTS[0], names=(name, name))
    X = np.hstack([rows.X[:, :3], np.full((rows.n_rows, 3), 0.1)])
    rows = Rows(CONVERSIONS[conversion][0](X), rows.labels, rows.weight)
    hidden, *_ = network.layers(theta)
    hidden.coef[...] = 0
    first, *others = layer_curvature(network, theta, rows, map, EVERYTHING).factors
    np.testing.assert_array_equal(first.scale[3:], np.median(first.scale[:3]))
    np.testing.assert_array_equal(first.A != 0, np.outer([1, 1, 1, 0, 0, 0], [1, 1, 1, 0, 0, 0]))
    for factors in others:
        np.testing.assert_array_equal(factors.A, 0)


@pytest.mark.parametrize("certainty", [1e2, 1e5, 1e30])
@pytest.mark.parametrize("output", OUTPUTS)
def test_the_dispersion_around_outputs_that_are_wrongly_certain_is_bounded(output, certainty):
    network, theta, rows = make(output)
    network.layers(theta)[-1].coef[...] *= certainty
    dispersion = layer_curvature(network, theta, rows, map, 0).dispersion
    assert (dispersion >= DISPERSIONS[0]).all()
    assert (dispersion <= DISPERSIONS[1]).all()


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
    X = rows.X + 20 * kinds[:, None]
    order = np.random.default_rng(0).permutation(rows.n_rows)
    periodic = Rows(X, rows.labels, rows.weight)
    shuffled = Rows(X[order], rows.labels[order], rows.weight[order])
    results = [feature_moments(UNWEIGHTED, each) for each in (periodic, shuffled)]
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-11)
    factors = [
        layer_curvature(network, theta, each, map, 0).factors for each in (periodic, shuffled)
    ]
    for one, other in zip(*factors, strict=True):
        np.testing.assert_allclose(one.A.mean(), other.A.mean(), rtol=0.1)
        np.testing.assert_allclose(one.G.sum(), other.G.sum(), rtol=0.1)


def test_the_moments_of_the_features_are_measured_once():
    network, theta, rows = make(OUTPUTS[0])
    meter = layer_meter(network, rows, map, EVERYTHING)
    first = meter.measure(theta, rows)
    others = Rows(rows.X * np.arange(1, 7), rows.labels, rows.weight)
    second = meter.measure(0.5 * theta, others, is_last=True)
    assert second.factors[0].A is first.factors[0].A
    assert not np.allclose(second.factors[1].A, first.factors[1].A)
    third = meter.measure(theta, others)
    scales = np.arange(1, 7)
    A = first.factors[0].A * np.outer(scales, scales)
    np.testing.assert_allclose(third.factors[0].A, A, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("output", OUTPUTS)
def test_the_dispersion_alone_is_that_of_the_whole_curvature(output):
    network, theta, rows = make(output)
    meter = layer_meter(network, rows, map, EVERYTHING, unit=0.7)
    np.testing.assert_allclose(
        meter.dispersion(theta, rows), meter.measure(theta, rows).dispersion, rtol=1e-12
    )


# --- Dispersion ------------------------------------------------------------------------------


def labelled_by(network, theta, X, rng):
    """Labels drawn from the predicted probabilities."""
    logits = forward(network.layers(theta), network.activations, X).logits
    parts = network.output.coding.classes.split(np.exp(network.output.log_probabilities(logits)))
    draws = [(p.cumsum(axis=1) > rng.random((len(X), 1))).argmax(axis=1) for p in parts]
    return np.column_stack(draws)


CALIBRATED = [
    SoftmaxOutput((3,)),
    SoftmaxOutput((2, 3)),
    SigmoidOutput((2,)),
    SigmoidOutput((2, 2, 2)),
]


@pytest.mark.parametrize("output", CALIBRATED)
def test_labels_that_follow_the_predictions_have_a_dispersion_of_one(output):
    network, theta, rows = make(output, n=SAMPLE_ROWS)
    rng = np.random.default_rng(1)
    dispersions = []
    for _ in range(10):
        codes = labelled_by(network, theta, rows.X, rng)
        labelled = Rows(rows.X, codes, np.ones(rows.n_rows))
        dispersions.append(layer_curvature(network, theta, labelled, map, 0).dispersion)
    np.testing.assert_allclose(np.mean(dispersions, axis=0), 1, atol=0.05)


@pytest.mark.parametrize("factor", [1.0, 7.0])
@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("make_output", [SoftmaxOutput, SigmoidOutput])
def test_so_they_have_if_classes_are_weighted(make_output, k, factor):
    class_weight = factor * np.linspace(0.5, 3, k)
    network, theta, rows = make(make_output((k,), class_weight=[class_weight]), n=SAMPLE_ROWS)
    network.layers(theta)[-1].coef[...] = 0  # where it is exact: all rows are equally certain
    network.layers(theta)[-1].intercept[...] = 0
    rng = np.random.default_rng(1)
    p = 1 / class_weight  # so that the weighted classes are equally frequent, as predicted
    dispersions = []
    for _ in range(10):
        codes = rng.choice(k, size=(rows.n_rows, 1), p=p / p.sum())
        labelled = Rows(rows.X, codes, np.ones(rows.n_rows))
        curvature = layer_curvature(network, theta, labelled, map, 0, unit=factor)
        dispersions.append(curvature.dispersion[-1])
    np.testing.assert_allclose(np.mean(dispersions), 1, atol=0.02)


@pytest.mark.parametrize("m", [2, 5, 10])
def test_copies_of_a_label_add_up_in_the_hidden_layers_and_not_in_the_output_layer(m):
    single, theta, rows = make(SigmoidOutput((2,)), n=SAMPLE_ROWS)
    network = Network(6, (5, 4), single.activations, SigmoidOutput((2,) * m))
    copies = np.zeros(network.n_parameters)
    *hidden, last = single.layers(theta)
    *of_hidden, of_last = network.layers(copies)
    for layer, same in zip(of_hidden, hidden, strict=True):
        layer.coef[...], layer.intercept[...] = same.coef, same.intercept
    of_last.coef[...], of_last.intercept[...] = last.coef, last.intercept  # for all copies
    codes = labelled_by(single, theta, rows.X, np.random.default_rng(1))
    one = Rows(rows.X, codes, rows.weight)
    many = Rows(rows.X, np.tile(codes, m), rows.weight)
    dispersion = layer_curvature(single, theta, one, map, 0).dispersion
    np.testing.assert_allclose(dispersion, 1, atol=0.1)
    ratio = layer_curvature(network, copies, many, map, 0).dispersion / dispersion
    np.testing.assert_allclose(ratio, [m, m, 1], rtol=1e-2)


@pytest.mark.parametrize("output", CALIBRATED)
def test_class_weights_times_a_constant_do_not_change_the_curvature(output):
    factor = 3.0
    weights = [np.linspace(0.5, 2, k) for k in output.coding.n_classes]
    curvatures = []
    for times in (1.0, factor):
        weighted = type(output)(
            output.coding.n_classes, class_weight=[times * each for each in weights]
        )
        network, theta, rows = make(weighted)
        unit = 1.1 * times
        curvatures.append(layer_curvature(network, theta, rows, map, EVERYTHING, unit=unit))
    plain, scaled = curvatures
    assert_same(scaled, plain)


def test_few_certain_predictions_that_come_true_are_no_sign_of_caution():
    network, theta, rows = make(SigmoidOutput((2,)), n=20)
    network.layers(theta)[-1].coef[...] *= 4
    logits = forward(network.layers(theta), network.activations, rows.X).logits
    right = Rows(rows.X, (logits > 0).astype(int), np.ones(20))
    dispersion = layer_curvature(network, theta, right, map, EVERYTHING).dispersion
    p = network.output.activations(logits)
    expected = (p * (1 - p)).sum()
    observed = ((p - (logits > 0)) ** 2).sum()
    assert 0.1 < expected < 1
    assert observed < 0.5 * expected
    np.testing.assert_allclose(dispersion[-1], (observed + UNCERTAIN) / (expected + UNCERTAIN))


@pytest.mark.parametrize("output", CALIBRATED)
def test_the_dispersion_of_few_and_certain_rows_is_that_of_the_definition(output):
    network, theta, rows = make(output, n=5)
    network.layers(theta)[-1].intercept[...] += 9 * np.arange(output.coding.n_units)
    small = Rows(rows.X, rows.labels, rows.weight / 1000)
    _, expected = brute_force(network, theta, small, unit=0.01)
    found = layer_curvature(network, theta, small, map, EVERYTHING, unit=0.01).dispersion
    np.testing.assert_allclose(found, np.clip(expected, *DISPERSIONS))


@pytest.mark.parametrize("largest", [0, EVERYTHING])
@pytest.mark.parametrize("magnitude", [1e153, 1e160, 1e300, 1e308])
def test_inputs_that_overflow_have_factors_that_are_not_finite_and_give_no_warning(
    magnitude, largest
):
    network, theta, rows = make(OUTPUTS[0], names=("relu", "identity"))
    assert layer_curvature(network, theta, rows, map, largest).is_finite()
    network.layers(theta)[0].coef[...] *= magnitude
    assert not layer_curvature(network, theta, rows, map, largest).is_finite()


def test_a_curvature_is_finite_only_if_all_its_numbers_are():
    network, theta, rows = make(OUTPUTS[0])
    curvature = layer_curvature(network, theta, rows, map, EVERYTHING)
    for factors in curvature.factors:
        for part in factors:
            kept, part.flat[0] = part.flat[0], np.inf
            assert not curvature.is_finite()
            part.flat[0] = kept
            assert curvature.is_finite()


def test_errors_that_overflow_have_a_dispersion_of_one():
    network, theta, rows = make(OUTPUTS[0])
    network.layers(theta)[-1].coef[...] *= 1e200
    dispersion = layer_curvature(network, theta, rows, map, EVERYTHING).dispersion
    np.testing.assert_array_equal(dispersion, 1)


def test_expected_errors_that_overflow_have_a_dispersion_of_one():
    network, theta, rows = make(SigmoidOutput((2,)), names=("tanh", "tanh"))
    theta[:] = 0
    *_, last = network.layers(theta)
    last.coef[...], last.intercept[...] = 1e163, 30
    right = Rows(rows.X, np.ones_like(rows.labels), rows.weight)  # with errors of 1e-13
    dispersion = layer_curvature(network, theta, right, map, EVERYTHING).dispersion
    np.testing.assert_array_equal(dispersion, 1)


# --- Scales ----------------------------------------------------------------------------------


def test_the_scale_of_features_that_are_not_long_tailed_is_their_standard_deviation():
    variance = np.array([1e-8, 1.0, 4.0, 1e10])
    for fourth in (1.0, 1.8, 3.0):
        np.testing.assert_allclose(robust_scale(variance, np.full(4, fourth)), np.sqrt(variance))
    x = 7 + 5 * np.random.default_rng(0).normal(size=(100_000, 1))
    mean, scale = feature_moments(UNWEIGHTED, Rows(x, np.zeros((len(x), 1), int), np.ones(len(x))))
    np.testing.assert_allclose([mean[0], scale[0]], [7, 5], rtol=0.02)


@pytest.mark.parametrize("share", [0.1, 0.01, 0.001])
def test_the_scale_of_a_rare_indicator_is_larger_than_its_standard_deviation(share):
    n = 10_000
    x = np.zeros((n, 1))
    x[: int(n * share)] = 1
    _, scale = feature_moments(UNWEIGHTED, Rows(x, np.zeros((n, 1), int), np.ones(n)))
    variance = share * (1 - share)
    fourth = (share * (1 - share) ** 4 + (1 - share) * share**4) / variance**2
    np.testing.assert_allclose(scale, np.sqrt(variance) * (fourth / 3) ** 0.25, rtol=1e-9)
    assert scale[0] > np.sqrt(variance)


@pytest.mark.parametrize("factor", [1e-40, 1e-3, 7.0, 1e60])
@pytest.mark.parametrize("conversion", ["dense", "csr"])
def test_scales_are_in_the_units_of_their_features(conversion, factor):
    convert, _ = CONVERSIONS[conversion]
    _, _, rows = make(OUTPUTS[0])
    rows.X[:, 1] = np.random.default_rng(1).random(rows.n_rows) < 0.02
    units = np.where(np.arange(6) % 2, factor, 1.0)
    here, there = (
        feature_moments(UNWEIGHTED, Rows(convert(X), rows.labels, rows.weight))
        for X in (rows.X, rows.X * units)
    )
    np.testing.assert_allclose(there[0], here[0] * units, rtol=1e-9)
    np.testing.assert_allclose(there[1], here[1] * units, rtol=1e-9)


def test_the_scale_of_a_constant_feature_is_the_median_of_the_others():
    variance = np.array([0.0, 1.0, 4.0, 9.0])
    np.testing.assert_array_equal(robust_scale(variance, np.zeros(4)), [2, 1, 2, 3])
    np.testing.assert_array_equal(robust_scale(np.zeros(2), np.zeros(2)), 1)


def test_floored_variances_are_at_least_the_median_of_the_positive_ones():
    np.testing.assert_array_equal(floored(np.array([0.0, 1e-9, 2.0, 8.0])), [2, 2, 2, 8])
    np.testing.assert_array_equal(floored(np.zeros(3)), 1)
    variance = np.random.default_rng(0).exponential(size=9)
    np.testing.assert_array_equal(floored(floored(variance)), floored(variance))
    np.testing.assert_allclose(floored(7 * variance), 7 * floored(variance))


def test_one_can_divide_by_scales_however_small_the_variances_are():
    variance = np.array([0.0, 5e-324, 1e-200])
    for scale in (np.sqrt(floored(variance)), robust_scale(variance, np.full(3, 3.0))):
        assert np.isfinite(1 / scale**4).all()


@pytest.mark.parametrize("n_roots", [100, 257, 512])
def test_random_signs_belong_to_the_positions_of_rows(n_roots):
    signs = _probes._signs(n_roots, 0, 1000, seed=1)
    assert set(signs.ravel()) == {-1, 1}
    np.testing.assert_array_equal(_probes._signs(n_roots, 417, 500, seed=1), signs[417:500])
    assert not np.array_equal(_probes._signs(n_roots, 0, 1000, seed=0), signs)
    np.testing.assert_allclose(signs.T @ signs / 1000, np.eye(n_roots), atol=0.2)


def test_only_more_roots_than_can_be_exact_are_combined():
    np.testing.assert_array_equal(_probes.probes(EXACT_ROOTS, 0, 5), np.eye(EXACT_ROOTS))
    shapes = [signs.shape for signs in _probes.probes(EXACT_ROOTS + 1, 0, 5)]
    assert shapes == [(5, EXACT_ROOTS + 1)] * _probes.N_PROBES
