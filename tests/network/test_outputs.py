import numpy as np
import pytest

from skneural._network.outputs import OUTPUTS, find_coding
from skneural._network.sigmoid import SigmoidOutput
from skneural._network.softmax import SoftmaxOutput
from tests.network.contract import TARGETS, CanonicalContract, sample


class TestSoftmax(CanonicalContract):
    output_class = SoftmaxOutput


class TestSigmoid(CanonicalContract):
    output_class = SigmoidOutput


@pytest.fixture(params=OUTPUTS.values())
def make_output(request):
    return request.param


def test_every_registered_output_is_tested_under_its_name():
    assert {"softmax": TestSoftmax.output_class, "logistic": TestSigmoid.output_class} == OUTPUTS


@pytest.mark.parametrize("n_classes", TARGETS)
def test_a_coding_is_found_by_its_numbers_of_units(make_output, n_classes):
    units = make_output(n_classes).coding.units
    for n_units in (units.sizes, [units.n_columns]):  # of each target, or of all
        assert find_coding(n_classes, n_units).units.sizes == units.sizes
    assert find_coding(n_classes, [*units.sizes, 1]) is None


@pytest.mark.parametrize("n_classes", TARGETS)
def test_loss_of_softmax_is_minus_log_probability_of_the_label(n_classes):
    output = SoftmaxOutput(n_classes)
    logits, codes, row_weight = sample(output)
    columns = output.coding.classes.split(output.log_probabilities(logits))
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
def test_losses_are_exact_at_extreme_logits(make_output, magnitude, dtype):
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


def test_threshold_moves_the_decision_of_each_label():
    output = SigmoidOutput((2, 2), threshold=np.array([0.1, 0.9]))
    logits = np.log([[0.2 / 0.8, 0.8 / 0.2], [0.05 / 0.95, 0.95 / 0.05]])
    np.testing.assert_array_equal(output.decide(logits), [[1, 0], [0, 1]])
