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
    parts = coding.units.split(coding.unit_class[None])
    assert [part[0].tolist() for part in parts] == unit_classes
    assert coding.n_units == len(np.concatenate(unit_classes))


def test_scores_of_two_classes_are_one_dimensional():
    first, second = SoftmaxOutput((2, 3)).coding.split_scores(np.arange(8.0).reshape(2, 4))
    np.testing.assert_array_equal(first, [0, 4])
    np.testing.assert_array_equal(second, [[1, 2, 3], [5, 6, 7]])


@pytest.mark.parametrize("n_classes", [(2,), (4,), (2, 2, 2), (3, 3), (2, 3, 2, 2, 4, 3)])
def test_targets_in_one_expression_are_targets_one_by_one(n_classes):
    coding = SoftmaxOutput(n_classes).coding
    values = np.random.default_rng(0).integers(4, size=(50, sum(n_classes))).astype(float)  # ties
    parts = coding.classes.split(values)
    best = np.stack([part.argmax(axis=1) for part in parts], axis=1)
    np.testing.assert_array_equal(coding.argmax(values), best)
    scores = [part[:, 1:] - part[:, :1] if part.shape[1] == 2 else part for part in parts]
    np.testing.assert_array_equal(coding.scores(values), np.hstack(scores))


@pytest.mark.parametrize("n_classes", [(2,), (4,), (2, 2, 2), (3, 3), (2, 3, 2, 2, 4, 3)])
def test_signed_scores_are_the_reverse_of_scores(n_classes):
    coding = SigmoidOutput(n_classes).coding
    scores = np.random.default_rng(0).normal(size=(5, coding.n_units))
    signed = coding.signed(scores)
    for part, own in zip(coding.classes.split(signed), coding.units.split(scores), strict=True):
        np.testing.assert_array_equal(part, np.hstack([-own, own]) if own.shape[1] == 1 else own)
    factors = np.where(np.equal(n_classes, 2), 2, 1)[coding.units.part]
    np.testing.assert_array_equal(coding.scores(signed), scores * factors)


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
        np.testing.assert_array_equal(units, np.flatnonzero(coding.units.part == target))
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


def test_hard_labels_are_the_same_and_soft_ones_a_row_for_each_class():
    coding, weight = SoftmaxOutput((3,)).coding, np.array([2.0, 0.5])
    codes = np.array([[1], [-1]])
    ((same, same_weight),) = coding.hard_labels(codes, weight)
    assert same is codes
    assert same_weight is weight
    soft = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]])
    for code, (each, share) in enumerate(coding.hard_labels(soft, weight)):
        np.testing.assert_array_equal(each, np.full((2, 1), code))
        np.testing.assert_array_equal(share, weight * soft[:, code])


@pytest.mark.parametrize("make_output", [SoftmaxOutput, SigmoidOutput])
def test_class_weights_may_be_squared(make_output):
    class_weight = np.array([0.0, 2.0, 5.0])
    once = make_output((3,), class_weight=[class_weight]).coding
    squared = make_output((3,), class_weight=[class_weight**2]).coding
    weight = np.array([1.0, 2.0, 3.0, 4.0])
    for labels in (np.array([[0], [1], [2], [-1]]), np.random.default_rng(0).random((4, 3))):
        np.testing.assert_array_equal(
            once.weights(labels, weight, power=2), squared.weights(labels, weight)
        )


@pytest.mark.parametrize("labels", [np.array([[1]]), np.array([[0.5, 0.5]])], ids=["hard", "soft"])
@pytest.mark.parametrize(("weight", "power"), [(1e200, 1), (1e200, 2), (0.0, 2)])
def test_weights_that_overflow_are_not_finite_and_give_no_warning(labels, weight, power):
    coding = SoftmaxOutput((2,), class_weight=[np.array([1.0, 1e200])]).coding
    assert not np.isfinite(coding.weights(labels, np.array([weight]), power=power)).any()


def test_totals_of_the_classes_are_the_weights_of_their_rows():
    class_weight = [np.array([1.0, 3.0]), np.array([0.5, 1.0, 2.0])]
    coding = SoftmaxOutput((2, 3), class_weight=class_weight).coding
    rng = np.random.default_rng(0)
    codes = np.column_stack([rng.integers(-1, 2, 50), rng.integers(-1, 3, 50)])
    weight = rng.uniform(0.5, 2, 50)
    totals = [
        class_weight[j][k] * weight[codes[:, j] == k].sum()
        for j in range(2)
        for k in range(len(class_weight[j]))
    ]
    np.testing.assert_allclose(coding.class_totals(codes, weight), totals)
    single = SoftmaxOutput((3,), class_weight=class_weight[1:]).coding
    soft = rng.dirichlet(np.ones(3), size=50)
    expected = class_weight[1] * (weight @ soft)
    np.testing.assert_allclose(single.class_totals(soft, weight), expected)
