"""Fits that are interrupted, overflow, or give up."""

import warnings

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneural import SoftmaxMLPClassifier
from skneural._curvature.penalty import PENALTIES, AutoPenalty
from skneural._network.softmax import SoftmaxOutput
from skneural._training.solvers import SOLVERS, Solver
from tests.estimators.helpers import same_fit


class HookedProblem:
    """A problem that passes the results of a method through a hook."""

    def __init__(self, problem, method, hook):
        self._problem = problem
        self._method = method
        self._hook = hook

    def __getattr__(self, name):
        method = getattr(self._problem, name)
        if name != self._method:
            return method

        def hooked(phi):
            result = method(phi)
            return self._hook(result)

        return hooked


class HookedSolver(Solver):
    """A solver whose problems have a hook for the results of a method."""

    def __init__(self, name, method, hook):
        self._solver = SOLVERS[name]
        self._method = method
        self._hook = hook
        self.second_order = self._solver.second_order

    def run(self, problem, start):
        return self._solver.run(HookedProblem(problem, self._method, self._hook), start)


@pytest.fixture
def hooked(monkeypatch):
    """Registers a solver with a function for the result of the n-th call of a method."""

    def register(name, method, n_calls, function):
        left = n_calls

        def hook(result):
            nonlocal left
            left -= 1
            return function(result) if left == 0 else result

        monkeypatch.setitem(SOLVERS, "hooked", HookedSolver(name, method, hook))

    return register


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("solver", "activation"), [("lbfgs", "tanh"), ("lbfgs", "relu"), ("newton-cg", "tanh")]
)
def test_a_fit_gives_up_only_where_a_fresh_start_does_not_help(
    classifier, solver, dtype, activation, iris
):
    X, y = iris[0].astype(dtype), iris[1]
    model = classifier(4, activation, alpha=1.0, solver=solver, random_state=0, warm_start=True)
    with pytest.warns(ConvergenceWarning, match="No further progress is possible"):
        model.set_params(tol=0.0, max_iter=10_000).fit(X, y)
    assert model.stop_reason_ == "precision"
    loss, n_iter = model.loss_, model.n_iter_
    with pytest.warns(ConvergenceWarning, match="No further progress is possible"):
        model.fit(X, y)
    assert model.loss_ >= loss * (1 - 100 * np.finfo(dtype).eps)
    assert model.n_iter_ - n_iter < 50


@pytest.mark.parametrize("n_calls", [2, 6])
def test_overflow_in_the_middle_keeps_the_last_finite_weights(classifier, n_calls, iris, hooked):
    hooked("lbfgs", "evaluate", n_calls, lambda result: (np.nan, result[1]))
    model = classifier(5, solver="hooked", random_state=0)
    with pytest.warns(ConvergenceWarning, match="overflowed at the next weights"):
        model.fit(*iris)
    assert model.stop_reason_ == "overflow"
    assert np.isfinite(model.loss_)
    assert all(np.isfinite(part).all() for part in model.coefs_ + model.intercepts_)


def test_ctrl_c_inside_a_hessian_product_keeps_the_last_iterate(iris, hooked, ctrl_c):
    def interrupted(product):
        def interrupt(direction):
            ctrl_c()
            return product(direction)

        return interrupt

    hooked("newton-cg", "linearize", 4, interrupted)
    model = SoftmaxMLPClassifier(5, "tanh", solver="hooked", random_state=0)
    with pytest.raises(KeyboardInterrupt, match="estimator keeps the weights"):
        model.fit(*iris)
    assert model.stop_reason_ == "interrupted"
    assert model.n_iter_ == 3


@pytest.mark.parametrize("solver", ["lbfgs", "newton-cg"])
def test_ctrl_c_keeps_the_last_iterate(classifier, solver, iris, hooked, ctrl_c):
    settings = {"alpha": 1.0, "random_state": 0}
    reference = classifier(5, "tanh", solver=solver, max_iter=4, **settings)
    with pytest.warns(ConvergenceWarning):
        reference.fit(*iris)
    hooked(solver, "accept", 4, lambda reason: ctrl_c())
    model = classifier(5, "tanh", solver="hooked", n_init=3, **settings)
    with pytest.raises(KeyboardInterrupt, match="estimator keeps the weights"):
        model.fit(*iris)
    assert model.stop_reason_ == "interrupted"
    assert model.n_iter_ == 4
    assert len(model.init_losses_) == 1  # no further run is tried
    assert same_fit(model, reference)


class InterruptedPenalty(AutoPenalty):
    """Is interrupted in the first stage, or when the run with a number is set up."""

    runs_left = 0

    def __init__(self, *arguments):
        super().__init__(*arguments)
        InterruptedPenalty.runs_left -= 1
        if InterruptedPenalty.runs_left == 0:
            raise KeyboardInterrupt

    def first(self):
        if InterruptedPenalty.runs_left < 0:
            raise KeyboardInterrupt
        return super().first()


@pytest.mark.parametrize("runs_left", [0, 1])  # interrupted in the first stage, or before it
def test_ctrl_c_before_there_is_an_iterate_is_raised(classifier, runs_left, iris, monkeypatch):
    model = classifier(5, random_state=0, tol=0.01).fit(*iris)
    before = model.predict_proba(iris[0])
    monkeypatch.setitem(PENALTIES, "auto", InterruptedPenalty)
    monkeypatch.setattr(InterruptedPenalty, "runs_left", runs_left)
    with pytest.raises(KeyboardInterrupt):
        model.fit(*iris)
    np.testing.assert_array_equal(model.predict_proba(iris[0]), before)


def test_ctrl_c_in_the_set_up_of_a_later_run_keeps_the_earlier_ones(classifier, iris, monkeypatch):
    monkeypatch.setitem(PENALTIES, "auto", InterruptedPenalty)
    monkeypatch.setattr(InterruptedPenalty, "runs_left", 3)
    model = classifier(4, "tanh", n_init=4, tol=0.1, random_state=0)
    with pytest.raises(KeyboardInterrupt, match="estimator keeps the weights"):
        model.fit(*iris)
    assert len(model.init_losses_) == 2
    assert model.stop_reason_ == "interrupted"


class InterruptedOutput(SoftmaxOutput):
    """An output whose eighth evaluation in each process is interrupted."""

    n_calls = 0

    def loss_gradient(self, *arguments):
        InterruptedOutput.n_calls += 1
        if InterruptedOutput.n_calls == 8:
            raise KeyboardInterrupt
        return super().loss_gradient(*arguments)


class InterruptedClassifier(SoftmaxMLPClassifier):
    """A classifier whose first fit in each process is interrupted after some iterations."""

    def _make_output(self, n_classes, **loss_parameters):
        return InterruptedOutput(n_classes, **loss_parameters)


@pytest.fixture
def interrupted(monkeypatch):
    """A classifier whose first fit is interrupted."""
    monkeypatch.setattr(InterruptedOutput, "n_calls", 0)
    return InterruptedClassifier(5, "tanh", alpha=1.0, random_state=0)


COMPOSITES = {
    "search": lambda model, *data: GridSearchCV(model, {"alpha": [1.0, 2.0]}, cv=3).fit(*data),
    "scores": lambda model, *data: cross_val_score(model, *data),
    "calibration": lambda model, *data: CalibratedClassifierCV(model).fit(*data),
    "bagging": lambda model, *data: BaggingClassifier(model).fit(*data),
    "search in processes": lambda model, *data: GridSearchCV(
        model, {"alpha": [1.0, 2.0]}, cv=3, n_jobs=2
    ).fit(*data),
    "restarts in processes": lambda model, *data: model.set_params(n_init=2, n_jobs=2).fit(*data),
}


@pytest.mark.parametrize("composite", COMPOSITES)
def test_ctrl_c_ends_what_is_made_of_several_fits(composite, interrupted, iris):
    with pytest.raises(KeyboardInterrupt, match="interrupted from the keyboard after"):
        COMPOSITES[composite](interrupted, *iris)


def test_ctrl_c_leaves_a_pipeline_that_predicts(interrupted, iris):
    X, y = iris
    pipeline = make_pipeline(StandardScaler(), interrupted)
    with pytest.raises(KeyboardInterrupt, match="estimator keeps the weights"):
        pipeline.fit(X, y)
    assert interrupted.stop_reason_ == "interrupted"
    assert not interrupted.converged_
    assert pipeline.predict(X).shape == y.shape


def test_a_warm_start_goes_on_after_ctrl_c(interrupted, iris):
    interrupted.set_params(warm_start=True)
    with pytest.raises(KeyboardInterrupt):
        interrupted.fit(*iris)
    n_iter, loss = interrupted.n_iter_, interrupted.loss_
    interrupted.fit(*iris)
    assert interrupted.n_iter_ > n_iter > 0
    assert interrupted.loss_ < loss
    assert interrupted.stop_reason_ == "tol"


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    ("dtype", "scale"),
    [(np.float32, 1e10), (np.float32, 1e25), (np.float32, 1e35)]
    + [(np.float64, scale) for scale in (1e10, 1e30, 1e100, 1e160, 1e300)],
)
def test_huge_features_end_in_an_error_or_a_finite_fit(classifier, solver, scale, dtype, iris):
    X, y = iris
    X = (X * scale).astype(dtype)
    model = classifier(5, "tanh", solver=solver, random_state=0, max_iter=20)
    message = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            model.fit(X, y)
        except ValueError as error:
            message = str(error)
    if message:
        assert "overflow at the initial weights" in message
        assert not hasattr(model, "coefs_")
    else:
        assert all(np.isfinite(part).all() for part in model.coefs_ + model.intercepts_)
        assert np.isfinite([model.loss_, model.gradient_norm_]).all()
