"""A rule for the penalty, added from outside: half of the automatic one, never below a bound."""

import numpy as np
import pytest

from skneural._curvature.penalty import PENALTIES, AutoPenalty, Penalty


class HalfPenalty(AutoPenalty):
    def update(self, curvature, layers, **state):
        return np.maximum(super().update(curvature, layers, **state) / 2, 1e-3)


class WeightPenalty(Penalty):
    """A rule of its own: the number of weights of a layer over the sum of their squares."""

    calls = ()

    def update(self, curvature, layers, *, is_trained, is_unseen):
        WeightPenalty.calls += ((is_trained, is_unseen, len(curvature.factors)),)
        return np.array([layer.coef.size / (layer.coef**2).sum() for layer in layers])


@pytest.fixture(autouse=True)
def register(monkeypatch):
    monkeypatch.setitem(PENALTIES, "half", HalfPenalty)
    monkeypatch.setitem(PENALTIES, "weights", WeightPenalty)
    monkeypatch.setattr(WeightPenalty, "calls", ())


def test_classifiers_accept_a_rule_by_its_name(classifier, iris):
    settings = {"tol": 1e-2, "max_iter": 15, "random_state": 0}
    auto, half = (classifier((), alpha=alpha, **settings).fit(*iris) for alpha in ("auto", "half"))
    np.testing.assert_allclose(half.alpha_, auto.alpha_ / 2)
    assert half.loss_ < auto.loss_
    with pytest.raises(ValueError, match="not negative, or 'auto', 'half', 'weights'; got 'none'"):
        classifier(alpha="none").fit(*iris)


def test_a_rule_is_asked_at_the_start_of_every_stage(classifier, iris):
    model = classifier((4,), "tanh", alpha="weights", max_iter=40, tol=0.0, random_state=0)
    with pytest.warns(UserWarning, match="stopped after 40"):
        model.fit(*iris)
    # Three early stages of 15 iterations, of which the third is cut short, and no unseen rows.
    assert WeightPenalty.calls == ((False, False, 2), (True, False, 2), (True, False, 2))
    with pytest.warns(UserWarning, match="stopped after 80"):
        model.set_params(warm_start=True).fit(*iris)
    assert WeightPenalty.calls[3:] == ((True, False, 2),) * 3
