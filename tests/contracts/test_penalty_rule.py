"""Rules for the penalty, added from outside."""

from copy import deepcopy

import numpy as np
import pytest

from skneural._curvature.penalty import PENALTIES, AutoPenalty, Penalty


class HalfPenalty(AutoPenalty):
    """Half of the automatic penalty, never below a bound."""

    def update(self, curvature, layers, **state):
        return np.maximum(super().update(curvature, layers, **state) / 2, 1e-3)


class WeightPenalty(Penalty):
    """A rule of its own: the number of weights of a layer over the sum of their squares."""

    calls = ()

    def first(self):
        WeightPenalty.calls += ("first",)
        return np.ones(self.network.n_layers)

    def update(self, curvature, layers, *, n_observed, is_unseen, surprise):
        assert 0 < n_observed <= self.size.n_observed
        assert len(curvature.factors) == len(curvature.dispersion) == len(layers)
        WeightPenalty.calls += ((is_unseen, surprise != 1),)
        return np.array([layer.coef.size / (layer.coef**2).sum() for layer in layers])


class ScaledPenalty(Penalty):
    """The same for all layers, whatever the data."""

    is_fixed = True

    def first(self):
        return np.full(self.network.n_layers, 0.5 * self.size.unit)

    def update(self, curvature, layers, **state):
        raise AssertionError("a fixed penalty is not updated")


class UnscaledPenalty(ScaledPenalty):
    is_standardised = False


@pytest.fixture(autouse=True)
def register(monkeypatch):
    monkeypatch.setitem(PENALTIES, "half", HalfPenalty)
    monkeypatch.setitem(PENALTIES, "weights", WeightPenalty)
    monkeypatch.setitem(PENALTIES, "scaled", ScaledPenalty)
    monkeypatch.setitem(PENALTIES, "unscaled", UnscaledPenalty)
    monkeypatch.setattr(WeightPenalty, "calls", ())


def test_classifiers_accept_a_rule_by_its_name(classifier, iris):
    start = classifier((), alpha=1.0, tol=1e-2, warm_start=True, random_state=0).fit(*iris)
    auto, half = (deepcopy(start).set_params(alpha=alpha).fit(*iris) for alpha in ("auto", "half"))
    np.testing.assert_allclose(half.alpha_, auto.alpha_ / 2)
    assert half.loss_ < auto.loss_
    with pytest.raises(ValueError, match=r"not negative, or 'auto', 'half', 'weights'.*got 'none'"):
        classifier(alpha="none").fit(*iris)


def test_a_rule_is_asked_on_each_sample_and_not_for_all_rows(classifier, iris):
    model = classifier((4,), "tanh", alpha="weights", max_iter=150, tol=0.0, random_state=0)
    with pytest.warns(UserWarning, match="stopped after 150"):
        model.fit(*iris)
    *learning, second, third, last = WeightPenalty.calls
    assert learning
    assert set(learning) == {"first"}  # until the network has learned something
    assert (second, third, last) == ((True, False), (True, False), (True, True))


def test_a_rule_is_asked_once_for_weights_that_have_been_trained_on_all_rows(classifier, iris):
    model = classifier((4,), "tanh", alpha=1.0, tol=1e-2, random_state=0, warm_start=True)
    model.fit(*iris).set_params(alpha="weights").fit(*iris)
    assert WeightPenalty.calls == ((False, False),)


def test_a_rule_is_not_asked_if_there_are_too_few_iterations_for_samples(classifier, iris):
    model = classifier((4,), "tanh", alpha="weights", max_iter=8, tol=0.0, random_state=0)
    with pytest.warns(UserWarning, match="stopped after 8"):
        model.fit(*iris)
    assert WeightPenalty.calls == ("first",)


def test_a_rule_is_about_standardised_features_unless_it_says_otherwise(classifier, iris):
    X, y = iris
    units = np.array([0.25, 1, 4, 16])
    changes = {}
    for alpha in ("scaled", "unscaled"):
        model = classifier((), alpha=alpha, tol=1e-6, max_iter=1000, random_state=0)
        here, there = (model.fit(each, y).predict_proba(each) for each in (X, X * units))
        changes[alpha] = np.abs(there - here).max()
    assert changes["scaled"] < 1e-4
    assert changes["unscaled"] > 1e-2


def test_a_fixed_rule_has_its_first_penalty_for_the_whole_run(classifier, iris):
    model = classifier((4,), "tanh", alpha="scaled", tol=1e-2, random_state=0).fit(*iris)
    np.testing.assert_array_equal(model.alpha_, 0.5)
    model.fit(*iris, sample_weight=np.full(150, 3.0))
    np.testing.assert_array_equal(model.alpha_, 0.5)  # weights above 1 are counts
    model.fit(*iris, sample_weight=np.full(150, 1 / 150))
    np.testing.assert_allclose(model.alpha_, 0.5 / 150)  # these are shares
