"""The record of a fit: made from solutions, applied to an estimator at once."""

import dataclasses
from typing import Any, get_type_hints

import numpy as np
import pytest

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier
from skneural._estimators.record import Fit, FitRecord, FittedAttributes
from skneural._inputs.targets import Targets
from skneural._network.activations import ACTIVATIONS
from skneural._network.network import Network
from skneural._network.softmax import SoftmaxOutput
from skneural._training.solution import Solution, StopReason
from skneural._training.verdict import Verdict

NETWORK = Network(2, (3,), [ACTIVATIONS["tanh"]], SoftmaxOutput((2,)))


def solution(loss, best_validation_loss=np.inf, reason=StopReason.TOL, n_iter=3):
    curve = tuple(loss + 1.0 - i / n_iter for i in range(n_iter))
    return Solution(
        theta=np.full(NETWORK.n_parameters, loss),
        alpha=np.array([1.0, 2.0]),
        loss=loss,
        gradient_norm=0.5,
        loss_curve=curve,
        gradient_norm_curve=curve,
        validation_losses=curve,
        best_validation_loss=best_validation_loss,
        n_fev=7,
        stop_reason=reason,
        is_converged=reason is StopReason.TOL,
    )


def fit(**changes):
    settings = {
        "varying": None,
        "n_features": 2,
        "dtype": np.dtype(np.float64),
        "is_validated": False,
        "selects_by_validation": False,
        "earlier": {},
    }
    targets = Targets("binary", np.array(["no", "yes"]))
    return Fit(NETWORK, targets, ["tanh"], **settings | changes)


def test_a_record_is_frozen_and_has_the_attributes_that_are_documented(classifier, iris):
    record = fit().record([solution(1.0)])
    with pytest.raises(dataclasses.FrozenInstanceError):
        record.loss_ = 0.0
    names = {field.name for field in dataclasses.fields(FitRecord)}
    fitted = classifier(3, tol=1.0, early_stopping=True).fit(*iris)
    learned = set(vars(fitted)) - set(fitted.get_params())
    assert names == learned - {"n_features_in_", "feature_names_in_"}


def test_a_record_from_outside_makes_an_estimator_that_predicts():
    record = fit().record([solution(1.0)])
    for make in (SoftmaxMLPClassifier, SigmoidMLPClassifier):
        model = make()
        model.__dict__ = record.attributes_after(vars(model)) | {"n_features_in_": 2}
        if make is SoftmaxMLPClassifier:
            assert model.predict_proba([[0.0, 1.0]]).shape == (1, 2)
            assert model.predict([[0.0, 1.0]]).tolist() == ["no"]  # a tie
        assert (model.n_iter_, model.n_fev_, model.stop_reason_) == (3, 7, "tol")
        assert model.converged_


@pytest.mark.parametrize("by_validation", [False, True])
def test_the_best_solution_is_kept(by_validation):
    solutions = [solution(2.0, 0.1), solution(np.nan, np.nan), solution(1.0, 0.3)]
    record = fit(is_validated=True, selects_by_validation=by_validation).record(solutions)
    assert record.loss_ == (2.0 if by_validation else 1.0)
    assert record.best_validation_loss_ == (0.1 if by_validation else 0.3)
    np.testing.assert_array_equal(record.init_losses_, [2.0, np.nan, 1.0])


def test_runs_with_penalties_of_their_own_are_compared_on_the_rows_that_were_held_out():
    def run(loss, held_out_loss):
        verdict = Verdict(held_out_loss, 1.0, n_rows=20, n_observed=20.0, is_held_out=True)
        return dataclasses.replace(solution(loss), verdict=verdict)

    assert fit().record([run(0.1, 0.7), run(0.3, 0.5), run(0.2, 0.6)]).loss_ == 0.3


def test_an_interruption_of_any_run_is_one_of_the_fit():
    runs = [solution(1.0), solution(2.0, reason=StopReason.INTERRUPTED)]
    record = fit().record(runs)
    assert (record.stop_reason_, record.loss_) == ("interrupted", 1.0)
    assert type(record.stop_reason_) is str


def test_histories_continue_those_of_the_earlier_fit():
    first = vars(fit(is_validated=True).record([solution(2.0)]))
    second = fit(is_validated=True, earlier=first).record([solution(1.0, n_iter=2)])
    assert second.loss_curve_ == [*first["loss_curve_"], 2.0, 1.5]
    assert len(second.validation_losses_) == second.n_iter_ == 5
    assert second.n_fev_ == 14
    assert len(first["loss_curve_"]) == 3  # unchanged


def test_attributes_that_are_not_set_are_removed():
    state = {"alpha": 1.0} | vars(fit(is_validated=True).record([solution(2.0)]))
    after = fit().record([solution(1.0)]).attributes_after(state)
    assert after["alpha"] == 1.0
    assert "validation_losses_" not in after
    assert "best_validation_loss_" not in after
    assert "validation_losses_" in state


def test_type_checkers_see_the_public_attributes():
    seen = get_type_hints(FittedAttributes)
    for name, type_ in get_type_hints(FitRecord).items():
        if not name.startswith("_"):
            assert type_ in (seen[name], seen[name] | None if seen[name] is not Any else Any)
