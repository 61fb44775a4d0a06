"""A fit equals a slow reference, whatever the container, kind, dtype and parameters."""

import warnings
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning

from tests.generated.cases import cases


def fitted(model, arguments):
    """Fit; all warnings are errors but those about the end of the fit and the form of y."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", DataConversionWarning)
        warnings.filterwarnings("ignore", "Every row of y has exactly one label")
        warnings.filterwarnings("ignore", "X does not have valid feature names")
        warnings.filterwarnings("ignore", "The number of unique classes is greater than 50%")
        return model.fit(**arguments)


def as_list(values):
    return values if isinstance(values, list) else [values]


@given(cases())
def test_loss_gradient_and_predictions_are_those_of_the_reference(case):
    model, problem = fitted(case.model, case.arguments), case.problem
    # The same formulas in another order: some thousand roundings of the dtype of the computation.
    rtol, atol = (1e-4, 1e-4) if case.is_float32 else (1e-9, 1e-10)
    weights = model.coefs_, model.intercepts_
    np.testing.assert_allclose(model.loss_, problem.objective(*weights), rtol, atol)
    coefs, intercepts = problem.gradient(*weights)
    used = problem.used()
    assert not model.coefs_[0][~used].any()
    coefs[0] = coefs[0][used]
    norm = max(abs(part).max() for part in [*coefs, *intercepts])
    if not problem.is_at_a_kink(*weights, rtol):  # where rounding decides
        np.testing.assert_allclose(
            model.gradient_norm_, norm, rtol, atol * max(1, abs(problem.X).max())
        )
    expected = problem.probabilities(*weights)
    p = as_list(model.predict_proba(case.arguments["X"]))
    classes = case.classes
    if len(p) < len(expected):  # several labels: the probability of each
        classes = [np.arange(len(expected))]
        p, expected = np.hsplit(p[0], len(expected)), [each[:, [1]] for each in expected]
    for one, other in zip(p, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol, atol)
    for one, other in zip(as_list(model.classes_), classes, strict=True):
        np.testing.assert_array_equal(one, other)


@settings(max_examples=settings.default.max_examples // 6)  # as the reference is slow
@given(cases())
def test_without_hidden_layers_a_fit_ends_at_the_minimum(case):
    problem = case.problem
    n_rows = sum(each.sum() for each in problem.label_weights())
    problem = replace(problem, alpha=max(problem.alpha, 1e-3 * n_rows))  # so that there is one
    model = case.model.set_params(
        hidden_layer_sizes=(), alpha=problem.alpha, activation="identity", tol=1e-6, max_iter=10_000
    )
    fitted(model, case.arguments)
    if not model.converged_:
        assert model.stop_reason_ == "precision"
        if case.is_float32 and model.preconditioner is None:  # as the fit has said, of raw units
            return
    # Both stop at gradients of about 1e-6; a bias without data on one side goes on falling a bit.
    atol = 1e-3 if case.is_float32 else 1e-5
    np.testing.assert_allclose(model.loss_, problem.minimum(model.n_outputs_), atol, atol)
