import numpy as np
import pytest

from skneural._data.rows import Rows
from skneural._network.network import Network
from skneural._network.softmax import SoftmaxOutput
from skneural._training.verdict import LEARNED, NOTHING, WELL_LEARNED, Judge, Verdict


def finds(loss, frequencies_loss=0.6, n=10_000, is_held_out=True):
    return Verdict(
        loss, frequencies_loss, n_rows=n, n_observed=n, is_held_out=is_held_out
    ).finds_structure


@pytest.mark.parametrize("is_held_out", [False, True])
def test_structure_is_what_makes_predictions_better_than_the_frequencies(is_held_out):
    assert finds(0.5, is_held_out=is_held_out)
    assert finds(0.599, is_held_out=is_held_out)
    assert not finds(0.5999, is_held_out=is_held_out)  # which may be due to rounding
    assert not finds(0.6, is_held_out=is_held_out)
    assert not finds(0.7, is_held_out=is_held_out)
    assert not finds(float("nan"), is_held_out=is_held_out)
    assert not finds(0.0, 0.0, is_held_out=is_held_out)


def test_few_held_out_rows_must_gain_more():
    assert finds(0.58, n=26)
    assert not finds(0.58, n=24)
    assert finds(0.58, n=1, is_held_out=False)


def test_a_network_has_learned_rows_if_it_fits_them_or_they_leave_nothing_to_learn():
    def learned(loss, frequencies_loss):
        verdict = Verdict(loss, frequencies_loss, 9, 9.0, is_held_out=False)
        return verdict.is_learned, verdict.leaves_nothing

    assert learned(0.99 * LEARNED * 0.6, 0.6) == (True, False)
    assert learned(1.01 * LEARNED * 0.6, 0.6) == (False, False)
    assert learned(5.0, 0.9 * NOTHING) == (True, True)


def test_rows_are_compared_with_the_frequencies_of_those_trained_on():
    output = SoftmaxOutput((2,))
    network = Network(1, (), (), output)
    codes = np.array([[0], [1], [1], [1]])
    trained = Rows(np.zeros((4, 1)), codes, np.full(4, 2.0))
    rows = Rows(np.zeros((2, 1)), codes[:2], np.full(2, 2.0))
    judge = Judge(network, 2.0, map)
    theta = np.zeros(network.n_parameters)
    of_others = judge.compare(trained, rows, theta)
    np.testing.assert_allclose(of_others.loss, np.log(2))
    # With half an observation added to each class.
    np.testing.assert_allclose(of_others.frequencies_loss, -np.log([1.5 / 5, 3.5 / 5]).mean())
    assert (of_others.n_rows, of_others.n_observed, of_others.is_held_out) == (2, 2.0, True)
    assert not judge.compare(trained, trained, theta).is_held_out
    entropy = -(0.25 * np.log(0.25) + 0.75 * np.log(0.75))
    np.testing.assert_allclose(judge.goal(trained), WELL_LEARNED * entropy)
