import tracemalloc

import numpy as np
import pytest

from skneural._data.rows import Rows
from skneural._network.activations import ACTIVATIONS
from skneural._network.network import Network, forward
from skneural._network.row_sums import (
    LEAST_WEIGHT,
    entropy,
    frequencies_loss,
    log_loss,
    observations_per_weight,
    total_weight,
    weighted_rows,
)
from skneural._network.sigmoid import SigmoidOutput
from skneural._network.softmax import SoftmaxOutput


def make(output, n=40, seed=0):
    rng = np.random.default_rng(seed)
    codes = np.column_stack([rng.integers(-1, k, size=n) for k in output.coding.n_classes])
    return Rows(np.zeros((n, 1)), codes, rng.uniform(0.1, 3, n), block_rows=7)


def test_class_weights_may_be_squared_in_the_total():
    class_weight = [np.array([0.0, 2.0]), np.array([5.0, 1.0, 3.0])]
    rows = make(SoftmaxOutput((2, 3)))
    squared = SoftmaxOutput((2, 3), class_weight=[each**2 for each in class_weight])
    output = SoftmaxOutput((2, 3), class_weight=class_weight)
    assert total_weight(output, rows, power=2) == total_weight(squared, rows)


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("class_weight", [[1.0, 1.0], [1.0, 1e200], [1.0, 0.0]])
@pytest.mark.parametrize("weight", [[0.0] * 2, [LEAST_WEIGHT / 4] * 2, [1e308] * 2, [1e200, 0.0]])
def test_a_total_that_vanishes_or_overflows_is_refused_without_a_warning(
    weight, class_weight, power
):
    output = SoftmaxOutput((2,), class_weight=[np.array(class_weight)])
    rows = Rows(np.zeros((2, 1)), np.array([[0], [1]]), np.array(weight))
    with np.errstate(over="ignore", invalid="ignore"):
        expected = np.dot(weight, np.array(class_weight) ** power)
    if LEAST_WEIGHT <= expected < np.inf:
        np.testing.assert_allclose(total_weight(output, rows, power=power), expected)
    else:
        with pytest.raises(ValueError, match=r"must have a finite sum of at least 1e-300"):
            total_weight(output, rows, power=power)


def test_the_least_weight_is_enough():
    rows = Rows(np.zeros((1, 1)), np.array([[0]]), np.array([LEAST_WEIGHT]))
    assert total_weight(SoftmaxOutput((2,)), rows) == LEAST_WEIGHT


@pytest.mark.parametrize("make_output", [SoftmaxOutput, SigmoidOutput])
def test_the_loss_of_the_frequencies_is_that_of_predicting_them_for_every_row(make_output):
    class_weight = [np.array([1.0, 3.0]), np.array([0.5, 1.0, 2.0])]
    output = make_output((2, 3), class_weight=class_weight)
    rows, other = make(output), make(output, n=30, seed=1)

    def weights(data, j, k):
        return class_weight[j][k] * data.weight[data.labels[:, j] == k].sum()

    table = [[(weights(rows, j, k), weights(other, j, k)) for k in range(2 + j)] for j in range(2)]
    unit = 0.7
    loss = total = 0.0
    for part in table:
        whole = sum(w + 0.5 * unit for w, _ in part)
        for w, w_other in part:
            loss -= w_other * np.log((w + 0.5 * unit) / whole)
            total += w_other
    np.testing.assert_allclose(frequencies_loss(output, rows, other, unit), loss / total)


def test_the_loss_of_the_frequencies_of_soft_labels_counts_each_class_by_its_share():
    rng = np.random.default_rng(0)
    output = SoftmaxOutput((3,))
    soft, weight = rng.dirichlet(np.ones(3), size=20), rng.uniform(0.5, 2, 20)
    rows, same = (Rows(np.zeros((20, 1)), soft, weight) for _ in range(2))
    totals = weight @ soft
    unit = weight.mean()
    for other, added in ((rows, 0.0), (same, 0.5 * unit)):
        frequencies = (totals + added) / (totals + added).sum()
        expected = -(totals @ np.log(frequencies)) / weight.sum()
        np.testing.assert_allclose(frequencies_loss(output, rows, other, unit), expected)


def test_a_class_that_no_row_has_still_has_a_probability_in_other_rows():
    output = SoftmaxOutput((2,))
    zeros, same, ones = (
        Rows(np.zeros((9, 1)), np.full((9, 1), code), np.ones(9)) for code in (0, 0, 1)
    )
    np.testing.assert_allclose(frequencies_loss(output, zeros, ones), np.log(10 / 0.5))
    np.testing.assert_allclose(frequencies_loss(output, zeros, same), np.log(10 / 9.5))
    np.testing.assert_allclose(frequencies_loss(output, zeros, ones, 0.2), np.log(9.2 / 0.1))
    # For the same rows, the frequencies are the best that one can predict without features.
    assert frequencies_loss(output, zeros, zeros) == 0


@pytest.mark.parametrize("make_output", [SoftmaxOutput, SigmoidOutput])
def test_a_target_without_labels_does_not_count_in_the_loss_of_the_frequencies(make_output):
    labels = np.array([[0, -1], [1, -1], [1, -1]])
    both, single = (Rows(np.zeros((3, 1)), codes, np.ones(3)) for codes in (labels, labels[:, :1]))
    expected = frequencies_loss(make_output((2,)), single, single)
    np.testing.assert_allclose(expected, -(np.log(1 / 3) + 2 * np.log(2 / 3)) / 3)
    np.testing.assert_allclose(frequencies_loss(make_output((2, 3)), both, both), expected)


def test_weighted_rows_are_those_in_which_any_target_counts():
    output = SoftmaxOutput((2, 2), class_weight=[np.array([0.0, 1.0]), np.ones(2)])
    labels = np.array([[-1, -1], [0, -1], [1, -1], [0, 1], [1, 1]])
    rows = Rows(np.zeros((5, 1)), labels, np.array([1.0, 1.0, 1.0, 1.0, 0.0]))
    np.testing.assert_array_equal(weighted_rows(output, rows).index, [2, 3])


@pytest.mark.parametrize("make_output", [SoftmaxOutput, SigmoidOutput])
def test_the_log_loss_is_the_weighted_mean_of_minus_the_log_probabilities(make_output):
    class_weight = [np.array([1.0, 3.0]), np.array([0.5, 1.0, 2.0])]
    output = make_output((2, 3), class_weight=class_weight)
    rows = make(output)  # some labels are missing
    rows.X[...] = np.random.default_rng(1).normal(size=rows.X.shape)
    network = Network(1, (), (), output)
    theta = np.random.default_rng(2).normal(size=network.n_parameters)
    logits = forward(network.layers(theta), (), rows.X).logits
    loss = total = 0.0
    for j, p in enumerate(output.coding.classes.split(output.probabilities(logits))):
        for code, row, w in zip(rows.labels[:, j], p, rows.weight, strict=True):
            if code >= 0:
                loss -= w * class_weight[j][code] * np.log(row[code])
                total += w * class_weight[j][code]
    np.testing.assert_allclose(log_loss(network, rows, theta), loss / total)


@pytest.mark.parametrize("make_output", [SoftmaxOutput, SigmoidOutput])
def test_the_entropy_is_the_mean_log_loss_of_labels_that_follow_the_probabilities(make_output):
    class_weight = np.array([1.0, 3.0, 0.5])
    plain, weighted = (
        Network(2, (4,), [ACTIVATIONS["tanh"]], make_output((3,), class_weight=v))
        for v in (None, [class_weight])
    )
    theta = np.random.default_rng(2).normal(size=plain.n_parameters)
    rng = np.random.default_rng(1)
    X, weight, codes = rng.normal(size=(9, 2)), rng.uniform(1, 2, 9), np.arange(9) % 3
    logits = forward(plain.layers(theta), plain.activations, X).logits
    probabilities = plain.output.probabilities(logits)
    # The weight of a row is that of its label.
    following = Rows(X, probabilities, weight * class_weight[codes])
    expected = log_loss(plain, following, theta)
    np.testing.assert_allclose(entropy(plain, following, theta), expected)
    np.testing.assert_allclose(entropy(weighted, Rows(X, codes[:, None], weight), theta), expected)


def test_a_log_loss_that_overflows_is_not_finite_and_gives_no_warning():
    output = SoftmaxOutput((2, 3))
    rows = make(output)
    rows.X[...] = np.random.default_rng(1).normal(size=rows.X.shape)
    network = Network(1, (4,), [ACTIVATIONS["identity"]], output)
    theta = np.random.default_rng(2).normal(size=network.n_parameters)
    for magnitude in (1e150, 1e300):
        assert not log_loss(network, rows, magnitude * theta) < 1e150


def per_weight(weight):
    weight = np.asarray(weight, dtype=float)
    return observations_per_weight(Rows(np.zeros((len(weight), 1)), weight=weight))


def test_weights_that_are_counts_stand_for_as_many_observations():
    rng = np.random.default_rng(0)
    assert {per_weight(np.ones(n)) for n in range(1, 100)} == {1}
    assert per_weight(rng.integers(1, 5, 100)) == 1
    assert per_weight(rng.integers(0, 2, 100)) == 1
    assert per_weight(rng.uniform(1, 9, 100)) == 1


@pytest.mark.parametrize("total", [1e-300, 1e-9, 1.0, 20.0, 99.999, 100.0])
def test_weights_that_are_shares_stand_for_the_number_of_rows_whatever_their_sum(total):
    np.testing.assert_allclose(total * per_weight(np.full(100, total / 100)), 100)


def test_where_shares_become_counts_the_number_of_observations_does_not_jump():
    weight = np.random.default_rng(0).exponential(size=50)
    factors = np.linspace(0.3, 3, 2001)
    numbers = np.array([factor * weight.sum() * per_weight(factor * weight) for factor in factors])
    assert (numbers >= numbers[0] * (1 - 1e-12)).all()
    assert np.abs(np.diff(numbers)).max() < 1.01 * weight.sum() * np.diff(factors)[0]
    effective = weight.sum() ** 2 / (weight @ weight)
    np.testing.assert_allclose(numbers[0], effective)
    np.testing.assert_allclose(numbers[-1], factors[-1] * weight.sum())


@pytest.mark.parametrize("weight", [1e200, 1e308])
def test_huge_weights_are_counts_even_if_their_sum_or_squares_overflow(weight):
    assert per_weight(np.full(5, weight)) == 1


def test_weights_are_counted_without_arrays_as_long_as_the_data():
    rows = Rows(np.zeros((10**6, 1), np.uint8), weight=np.ones(10**6))
    tracemalloc.start()
    assert observations_per_weight(rows) == 1
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10**6


def test_rows_without_weight_stand_for_nothing():
    assert per_weight(np.zeros(5)) == 1
    weight = np.random.default_rng(0).uniform(0, 0.5, 30)
    np.testing.assert_allclose(per_weight(np.r_[weight, np.zeros(99)]), per_weight(weight))
