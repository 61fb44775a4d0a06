"""Units of each output, and the targets that labels give to them."""

import numpy as np
import pytest

from skneural._network.sigmoid import SigmoidOutput
from skneural._network.softmax import SoftmaxOutput


@pytest.mark.parametrize(
    ("output", "unit_classes"),
    [
        (SoftmaxOutput((2,)), [[0, 1]]),
        (SigmoidOutput((2,)), [[1]]),
        (SoftmaxOutput((3,)), [[0, 1, 2]]),
        (SigmoidOutput((3,)), [[0, 1, 2]]),
        (SoftmaxOutput((2, 2)), [[0, 1], [0, 1]]),
        (SigmoidOutput((2, 2)), [[1], [1]]),
        (SigmoidOutput((2, 3, 1)), [[1], [0, 1, 2], [0]]),
    ],
)
def test_units_and_their_classes(output, unit_classes):
    coding = output.coding
    assert [classes.tolist() for classes in coding.unit_classes] == unit_classes
    assert coding.n_units == len(np.concatenate(unit_classes))
    parts = coding.split(np.arange(coding.n_units)[None])
    assert [part.shape[1] for part in parts] == [len(classes) for classes in unit_classes]


def test_scores_of_two_classes_are_one_dimensional():
    first, second = SoftmaxOutput((2, 3)).coding.split_scores(np.arange(8.0).reshape(2, 4))
    np.testing.assert_array_equal(first, [0, 4])
    np.testing.assert_array_equal(second, [[1, 2, 3], [5, 6, 7]])


def test_label_smoothing_spreads_over_classes_or_over_yes_and_no():
    codes = np.array([[2]])
    softmax = SoftmaxOutput((4,), label_smoothing=0.2).coding.targets(codes)
    np.testing.assert_allclose(softmax, [[0.05, 0.05, 0.85, 0.05]])
    sigmoid = SigmoidOutput((4,), label_smoothing=0.2).coding.targets(codes)
    np.testing.assert_allclose(sigmoid, [[0.1, 0.1, 0.9, 0.1]])


def test_targets_of_each_class_are_those_of_its_code():
    coding = SoftmaxOutput((3, 2), label_smoothing=0.2).coding
    expected = [(target, code) for target, k in enumerate((3, 2)) for code in range(k)]
    for (units, targets), (target, code) in zip(coding.class_targets(), expected, strict=True):
        np.testing.assert_array_equal(units, np.flatnonzero(coding.target == target))
        codes = np.full((1, 2), -1)
        codes[0, target] = code
        np.testing.assert_array_equal(targets, coding.targets(codes)[0, units])


def test_soft_labels_of_classes_without_weight_weigh_nothing():
    output = SoftmaxOutput((3,), class_weight=[np.array([0.0, 1.0, 0.0])])
    soft = np.array([[0.5, 0.0, 0.5]])
    logits = np.array([[1.0, 2.0, 3.0]])
    loss, gradient = output.loss_gradient(logits, soft, np.ones(1))
    assert loss == 0
    np.testing.assert_array_equal(gradient, 0)
