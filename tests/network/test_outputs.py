from itertools import product

import numpy as np
import pytest

from skneural._network.outputs import Output, SigmoidOutput, SoftmaxOutput

TARGETS = [(2,), (4,), (2, 2, 2), (3, 2, 1, 4)]
OUTPUTS = Output.__subclasses__()


@pytest.fixture(params=OUTPUTS)
def make_output(request):
    return request.param


def sample(output, n=6, scale=3.0, seed=0):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(n, output.coding.n_units)) * scale
    codes = np.column_stack([rng.integers(k, size=n) for k in output.coding.n_classes])
    return logits, codes, rng.uniform(0, 2, n)


def test_both_outputs_are_registered():
    assert set(OUTPUTS) == {SoftmaxOutput, SigmoidOutput}


def gradient_products(output, logits, direction, codes, row_weight):
    """Gradient with respect to the logits, and the Hessian's product with a direction."""
    gradient, *at = output.linearize(logits, codes, row_weight)
    return gradient, output.hessian_product(*at, direction)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.3])
@pytest.mark.parametrize("n_classes", TARGETS)
def test_gradient_is_the_derivative_of_the_loss(
    make_output, n_classes, label_smoothing, assert_is_gradient
):
    class_weight = [np.linspace(0.0, 2.0, k) for k in n_classes]  # 0 masks a class
    output = make_output(n_classes, label_smoothing=label_smoothing, class_weight=class_weight)
    logits, codes, row_weight = sample(output)
    row_weight[0] = 0.0

    def loss(z):
        return output.loss_gradient(z, codes, row_weight)[0]

    _, gradient = output.loss_gradient(logits, codes, row_weight)
    assert_is_gradient(loss, gradient, logits)
    np.testing.assert_array_equal(gradient[0], 0)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.3])
@pytest.mark.parametrize("n_classes", TARGETS)
def test_product_is_the_derivative_of_the_gradient_along_the_direction(
    make_output, n_classes, label_smoothing
):
    class_weight = [np.linspace(0.0, 2.0, k) for k in n_classes]
    output = make_output(n_classes, label_smoothing=label_smoothing, class_weight=class_weight)
    logits, codes, row_weight = sample(output)
    direction, other = np.random.default_rng(1).normal(size=(2, *logits.shape))

    def gradient(z):
        return output.loss_gradient(z, codes, row_weight)[1]

    def product(r):
        return gradient_products(output, logits, r, codes, row_weight)[1]

    step = 1e-6
    shifts = gradient(logits + step * direction) - gradient(logits - step * direction)
    np.testing.assert_allclose(product(direction), shifts / (2 * step), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(
        (other * product(direction)).sum(axis=1), (direction * product(other)).sum(axis=1)
    )
    assert ((direction * product(direction)).sum(axis=1) >= 0).all()  # the losses are convex


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_classes", TARGETS)
def test_the_gradient_beside_a_product_is_that_of_the_loss(make_output, n_classes, dtype):
    class_weight = [np.linspace(0.0, 2.0, k) for k in n_classes]
    output = make_output(n_classes, label_smoothing=0.3, class_weight=class_weight)
    logits, codes, row_weight = sample(output)
    logits = logits.astype(dtype)
    gradient, product = gradient_products(output, logits, logits, codes, row_weight)
    _, expected = output.loss_gradient(logits, codes, row_weight)
    assert gradient.dtype == product.dtype == dtype
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(gradient, expected, rtol=100 * eps, atol=10 * eps)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_losses_are_straight_at_extreme_logits(make_output, dtype):
    z = np.array([[1e30, -1e30, -1e30]], dtype=dtype)
    _, product = gradient_products(
        make_output((3,)), z, np.ones_like(z), np.array([[1]]), np.ones(1)
    )
    np.testing.assert_array_equal(product, 0)


@pytest.mark.parametrize("n_classes", TARGETS)
def test_gradient_is_activation_minus_target(make_output, n_classes):
    output = make_output(n_classes)
    logits, codes, _ = sample(output)
    _, gradient = output.loss_gradient(logits, codes, np.ones(len(logits)))
    expected = output.activations(logits) - output.coding.targets(codes)
    np.testing.assert_allclose(gradient, expected, atol=1e-15)


@pytest.mark.parametrize("n_classes", TARGETS)
def test_loss_of_softmax_is_minus_log_probability_of_the_label(n_classes):
    output = SoftmaxOutput(n_classes)
    logits, codes, row_weight = sample(output)
    columns = output.coding.split_classes(output.log_probabilities(logits))
    picked = [
        column[np.arange(len(codes)), code] for column, code in zip(columns, codes.T, strict=True)
    ]
    loss, _ = output.loss_gradient(logits, codes, row_weight)
    np.testing.assert_allclose(loss, -(row_weight * np.sum(picked, axis=0)).sum(), rtol=1e-14)


@pytest.mark.parametrize("n_classes", TARGETS)
def test_loss_of_sigmoid_is_the_sum_of_binary_cross_entropies(n_classes):
    output = SigmoidOutput(n_classes)
    logits, codes, row_weight = sample(output)
    p, t = output.activations(logits), output.coding.targets(codes)
    losses = -(t * np.log(p) + (1 - t) * np.log1p(-p)).sum(axis=1)
    loss, _ = output.loss_gradient(logits, codes, row_weight)
    np.testing.assert_allclose(loss, (row_weight * losses).sum(), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("magnitude", [1e4, 1e30, 3e38])
def test_everything_is_finite_and_exact_at_extreme_logits(make_output, magnitude, dtype):
    output = make_output((3,))
    z = np.array([[magnitude, -magnitude, -magnitude]], dtype=dtype)
    right, gradient = output.loss_gradient(z, np.array([[0]]), np.ones(1))
    assert right == 0
    np.testing.assert_array_equal(gradient, 0)
    wrong, gradient = output.loss_gradient(z, np.array([[1]]), np.ones(1))
    expected = 2 * float(z[0, 0])  # to the winner; or of two sigmoids, to 0
    if make_output is SoftmaxOutput:  # a distance has to fit into the dtype
        expected = min(expected, float(np.finfo(dtype).max))
    np.testing.assert_allclose(wrong, expected, rtol=1e-6)
    np.testing.assert_array_equal(gradient, [[1, -1, 0]])
    for values in (output.activations(z), output.log_probabilities(z), output.decision_scores(z)):
        assert values.dtype == dtype
        assert np.isfinite(values).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("margin", [1.0, 20.0, 60.0])
def test_losses_far_below_one_keep_their_relative_accuracy(make_output, margin, dtype):
    output = make_output((2,))
    z = np.array([[0.0, margin]] if output.coding.n_units == 2 else [[margin]], dtype=dtype)
    loss, _ = output.loss_gradient(z, np.array([[1]]), np.ones(1))
    np.testing.assert_allclose(loss, np.log1p(np.exp(-margin)), rtol=4 * np.finfo(dtype).eps)
    log_probability = output.log_probabilities(z)[0, 1]
    np.testing.assert_allclose(-log_probability, loss, rtol=4 * np.finfo(dtype).eps)


def test_ties_at_the_top_count_each():
    loss, _ = SoftmaxOutput((3,)).loss_gradient(np.zeros((1, 3)), np.array([[2]]), np.ones(1))
    np.testing.assert_allclose(loss, np.log(3), rtol=1e-15)


@pytest.mark.parametrize("n_classes", TARGETS)
def test_probabilities_of_each_target_sum_to_one(make_output, n_classes):
    output = make_output(n_classes)
    logits = np.vstack([sample(output)[0], np.full((1, output.coding.n_units), -1e4)])
    for column in output.coding.split_classes(np.exp(output.log_probabilities(logits))):
        np.testing.assert_allclose(column.sum(axis=1), 1, rtol=1e-12)


@pytest.mark.parametrize("n_classes", TARGETS)
def test_decisions_agree_with_probabilities_and_decision_scores(make_output, n_classes):
    output = make_output(n_classes)
    logits, _, _ = sample(output, n=50)
    decided = output.decide(logits)
    columns = output.coding.split_classes(output.log_probabilities(logits))
    np.testing.assert_array_equal(decided, np.stack([c.argmax(axis=1) for c in columns], axis=1))
    if set(n_classes) == {2}:
        np.testing.assert_array_equal(decided, output.decision_scores(logits) > 0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("offset", [-1e4, -200, -20, 20, 200, 1e4])
def test_the_largest_logit_decides_where_activations_are_equal_by_rounding(
    make_output, offset, dtype
):
    logits = np.array([[offset - 90, offset, offset - 190]], dtype=dtype)
    assert make_output((3,)).decide(logits) == [[1]]


@pytest.mark.parametrize("n_classes", [(2,), (2, 2)])
def test_decision_scores_are_finite_at_extreme_logits(make_output, n_classes):
    output = make_output(n_classes)
    z = np.resize(np.array([3e38, -3e38], np.float32), (1, output.coding.n_units))
    assert np.isfinite(output.decision_scores(z)).all()


def test_sigmoid_probabilities_are_activations_over_their_sum():
    output = SigmoidOutput((4,))
    logits, _, _ = sample(output)
    activations = output.activations(logits)
    expected = activations / activations.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(np.exp(output.log_probabilities(logits)), expected, rtol=1e-13)


def test_units_are_those_of_the_table():
    assert SoftmaxOutput((2,)).coding.n_units == 2
    assert SigmoidOutput((2,)).coding.n_units == 1
    assert SoftmaxOutput((5,)).coding.n_units == SigmoidOutput((5,)).coding.n_units == 5
    assert SoftmaxOutput((2, 2, 2)).coding.n_units == 6
    assert SigmoidOutput((2, 2, 2)).coding.n_units == 3
    assert SigmoidOutput((2, 3, 1)).coding.n_units == 1 + 3 + 1


def test_two_softmax_units_are_one_sigmoid_unit():
    softmax, sigmoid = SoftmaxOutput((2,)), SigmoidOutput((2,))
    logits, codes, weight = sample(softmax)
    difference = logits[:, 1:] - logits[:, :1]
    loss, gradient = softmax.loss_gradient(logits, codes, weight)
    same_loss, same_gradient = sigmoid.loss_gradient(difference, codes, weight)
    np.testing.assert_allclose(loss, same_loss, rtol=1e-14)
    np.testing.assert_allclose(gradient[:, 1:], same_gradient, rtol=1e-12)
    np.testing.assert_allclose(
        softmax.log_probabilities(logits), sigmoid.log_probabilities(difference), rtol=1e-12
    )


def test_label_smoothing_spreads_over_classes_or_over_yes_and_no():
    codes = np.array([[2]])
    softmax = SoftmaxOutput((4,), label_smoothing=0.2).coding.targets(codes)
    np.testing.assert_allclose(softmax, [[0.05, 0.05, 0.85, 0.05]])
    sigmoid = SigmoidOutput((4,), label_smoothing=0.2).coding.targets(codes)
    np.testing.assert_allclose(sigmoid, [[0.1, 0.1, 0.9, 0.1]])


def test_threshold_moves_the_decision_of_each_label():
    output = SigmoidOutput((2, 2), threshold=np.array([0.1, 0.9]))
    logits = np.log([[0.2 / 0.8, 0.8 / 0.2], [0.05 / 0.95, 0.95 / 0.05]])
    np.testing.assert_array_equal(output.decide(logits), [[1, 0], [0, 1]])


def test_class_weights_apply_to_the_loss_of_their_own_target(make_output):
    plain = make_output((2, 3))
    weighted = make_output((2, 3), class_weight=[np.array([1.0, 5.0]), np.ones(3)])
    logits, codes, weight = sample(plain)
    _, gradient = plain.loss_gradient(logits, codes, weight)
    _, changed = weighted.loss_gradient(logits, codes, weight)
    factor = np.where(codes[:, :1] == 1, 5.0, 1.0)
    first, others = plain.coding.split(gradient)
    np.testing.assert_allclose(weighted.coding.split(changed)[0], first * factor, rtol=1e-14)
    np.testing.assert_array_equal(weighted.coding.split(changed)[1], others)


SMOOTHED = [0.0, 0.3]


def hessian(output, logits, codes, row_weight):
    """The Hessian of each row's loss with respect to its logits."""
    units = np.eye(output.coding.n_units)
    columns = [
        gradient_products(output, logits, np.tile(unit, (len(logits), 1)), codes, row_weight)[1]
        for unit in units
    ]
    return np.stack(columns, axis=2)


@pytest.mark.parametrize("label_smoothing", SMOOTHED)
@pytest.mark.parametrize("n_classes", TARGETS)
def test_the_outer_products_of_the_fisher_roots_sum_to_the_hessian(
    make_output, n_classes, label_smoothing
):
    class_weight = [np.linspace(0.0, 2.0, k) for k in n_classes]
    output = make_output(n_classes, label_smoothing=label_smoothing, class_weight=class_weight)
    data = sample(output)
    roots = [output.fisher_root(*data, unit) for unit in np.eye(output.coding.n_units)]
    fisher = np.einsum("riu,riv->ruv", *[np.stack(roots, axis=1)] * 2)
    np.testing.assert_allclose(fisher, hessian(output, *data), rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("n_classes", [(2,), (4,), (3, 2)])
def test_roots_mixed_with_random_signs_have_the_hessian_for_their_mean_outer_product(
    make_output, n_classes
):
    output = make_output(n_classes)
    data = sample(output)
    patterns = np.array(list(product([-1.0, 1.0], repeat=output.coding.n_units)))
    mixed = [output.fisher_root(*data, np.tile(signs, (len(data[0]), 1))) for signs in patterns]
    mean = np.einsum("iru,irv->ruv", mixed, mixed) / len(patterns)
    np.testing.assert_allclose(mean, hessian(output, *data), rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fisher_roots_have_the_dtype_of_the_logits_and_vanish_at_certainty(make_output, dtype):
    output = make_output((3,))
    z = np.array([[1e30, -1e30, -1e30]], dtype=dtype)
    for unit in np.eye(3):
        root = output.fisher_root(z, np.array([[1]]), np.ones(1), unit)
        assert root.dtype == dtype
        np.testing.assert_array_equal(root, 0)


@pytest.mark.parametrize("n_classes", TARGETS)
def test_the_degrees_are_the_rank_of_the_hessian(make_output, n_classes):
    output = make_output(n_classes)
    logits, codes, _ = sample(output, scale=1.0)
    ranks = np.linalg.matrix_rank(hessian(output, logits, codes, np.ones(len(logits))), tol=1e-10)
    np.testing.assert_array_equal(ranks, output.n_degrees)


@pytest.mark.parametrize("label_smoothing", SMOOTHED)
@pytest.mark.parametrize("n_classes", TARGETS)
def test_squared_errors_are_those_of_the_units_each_with_its_weight(
    make_output, n_classes, label_smoothing
):
    class_weight = [np.linspace(0.5, 2.0, k) for k in n_classes]
    output = make_output(n_classes, label_smoothing=label_smoothing, class_weight=class_weight)
    logits, codes, row_weight = sample(output)
    residual, expected = output.squared_errors(logits, codes, row_weight)
    sums = np.zeros(2)
    activations, targets = output.activations(logits), output.coding.targets(codes)
    units = zip(output.coding.split(activations), output.coding.split(targets), strict=True)
    for j, (p, t) in enumerate(units):
        weight = row_weight * class_weight[j][codes[:, j]]
        sums += weight @ ((t - p) ** 2).sum(axis=1), weight @ (p * (1 - p)).sum(axis=1)
    np.testing.assert_allclose([residual, expected], sums, rtol=1e-12)


def test_calibrated_labels_have_the_squared_errors_that_are_expected(make_output):
    output = make_output((2,))
    logits = np.repeat(sample(output, n=1)[0], 2, axis=0)
    p = np.exp(output.log_probabilities(logits[:1]))[0]  # every label as often as it is likely
    residual, expected = output.squared_errors(logits, np.array([[0], [1]]), p)
    np.testing.assert_allclose(residual, expected, rtol=1e-12)


@pytest.mark.parametrize("n_classes", TARGETS)
def test_log_losses_are_minus_the_log_probabilities_of_the_labels(make_output, n_classes):
    output = make_output(n_classes, label_smoothing=0.3)
    logits, codes, _ = sample(output)
    losses = output.log_losses(logits, codes)
    assert losses.shape == codes.shape
    for j, column in enumerate(output.coding.split_classes(output.log_probabilities(logits))):
        np.testing.assert_array_equal(losses[:, j], -column[np.arange(len(codes)), codes[:, j]])
