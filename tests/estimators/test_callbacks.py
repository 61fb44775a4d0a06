"""The callbacks of scikit-learn, on the two classes."""

import pickle
from importlib.util import find_spec
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skneural._training.solvers import SOLVERS, Solver

HAS_CALLBACKS = find_spec("sklearn.callback") is not None
with_callbacks_only = pytest.mark.skipif(not HAS_CALLBACKS, reason="scikit-learn < 1.9")


@pytest.mark.skipif(HAS_CALLBACKS, reason="scikit-learn >= 1.9")
def test_older_versions_have_no_callbacks(classifier, iris):
    model = classifier(3, tol=0.1, random_state=0).fit(*iris)
    assert not hasattr(model, "set_callbacks")


class Recorder:
    """Writes down all that it is told, and does as it was told at certain points."""

    def __init__(self, at=lambda hook, context: None):
        self.hooks = []
        self._at = at

    def _record(self, hook, context, told=None):
        self.hooks.append((hook, context.task_name, context.task_id, told))
        return self._at(hook, context)

    def setup(self, estimator, context):
        self._record("setup", context)

    def teardown(self, estimator, context):
        self._record("teardown", context)

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None, metadata=None):
        self._record("begin", context, {"X": X, "y": y, "metadata": metadata})

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, fitted_estimator=None):
        told = {"X": X, "y": y, "fitted": fitted_estimator}
        return self._record("end", context, told)

    def names(self, hook):
        return [name for kind, name, *_ in self.hooks if kind == hook]

    def fitted(self, name="iteration"):
        """The estimators at the ends of the tasks of this name."""
        ends = [told for hook, task, _, told in self.hooks if (hook, task) == ("end", name)]
        return [told["fitted"] for told in ends if told["fitted"] is not None]


def stop_at(task_name, task_id):
    return Recorder(
        lambda hook, context: (
            hook == "end" and context.task_name == task_name and context.task_id == task_id
        )
    )


def scoring_monitor(scoring="neg_log_loss"):
    from sklearn.callback import ScoringMonitor

    return ScoringMonitor(scoring=scoring)


def progress_bar(depth=1):
    from sklearn.callback import ProgressBar

    pytest.importorskip("rich")
    return ProgressBar(max_propagation_depth=depth)


def make(classifier, **settings):
    return classifier(**({"hidden_layer_sizes": 4, "tol": 1e-2, "random_state": 0} | settings))


def assert_same_fit(model, other):
    for name in ("coefs_", "intercepts_"):
        for one, two in zip(getattr(model, name), getattr(other, name), strict=True):
            np.testing.assert_array_equal(one, two)
    assert model.loss_curve_ == other.loss_curve_


@with_callbacks_only
@pytest.mark.parametrize("solver", SOLVERS)
def test_callbacks_see_each_iteration_and_change_nothing(classifier, iris, solver):
    settings = {"solver": solver, "activation": "tanh", "max_iter": 40, "tol": 0.02}
    callback = Recorder()
    model = make(classifier, **settings).set_callbacks(callback).fit(*iris)
    plain = make(classifier, **settings).fit(*iris)
    assert_same_fit(model, plain)
    assert model.n_fev_ == plain.n_fev_
    assert set(vars(model)) - set(vars(plain)) == {"_skl_callbacks"}
    assert not [name for name in vars(plain) if "callback" in name]
    fitted = callback.fitted()
    assert [one.n_iter_ for one in fitted] == list(range(1, model.n_iter_ + 1))
    assert [one.loss_ for one in fitted] == model.loss_curve_
    assert_same_fit(fitted[-1], model)
    assert_same_fit(*callback.fitted("fit"), model)
    begun, ended = callback.names("begin"), callback.names("end")
    assert begun[0] == ended[-1] == "fit"
    assert begun[1:] == ended[:-1] == ["iteration"] * len(begun[1:])
    assert len(begun) - 1 - model.n_iter_ in (0, 1), "one more may have begun"
    assert callback.names("setup") == callback.names("teardown") == ["fit"]


@with_callbacks_only
@pytest.mark.parametrize("alpha", ["auto", 1.0])
def test_the_estimator_at_an_iteration_has_the_weights_of_that_iteration(classifier, iris, alpha):
    X, y = iris
    callback = Recorder()
    model = make(classifier, alpha=alpha, preconditioner=None, max_iter=12, tol=0)
    with pytest.warns(ConvergenceWarning):
        model.set_callbacks(callback).fit(X, y)
    for n_iter, fitted in enumerate(callback.fitted(), 1):
        assert fitted.stop_reason_ == "callback"
        with pytest.warns(ConvergenceWarning):
            shorter = clone(model).set_callbacks().set_params(max_iter=n_iter).fit(X, y)
        np.testing.assert_array_equal(fitted.predict_proba(X), shorter.predict_proba(X))
        assert_same_fit(fitted, shorter)
    for before, after in pairwise(callback.fitted()):
        assert (before.coefs_[0] != after.coefs_[0]).any()


@with_callbacks_only
def test_callbacks_are_given_the_data_as_fit_was(classifier, iris):
    X = pd.DataFrame(iris[0], columns=list("abcd"))
    y = pd.Series(iris[1])
    weight = np.arange(150.0)
    callback = Recorder()
    make(classifier).set_callbacks(callback).fit(X, y, sample_weight=weight)
    for hook, *_, told in callback.hooks:
        if hook in ("begin", "end"):
            assert told["X"] is X
            assert told["y"] is y
        if hook == "begin":
            assert told["metadata"] == {"sample_weight": weight}
    for fitted in callback.fitted():
        fitted.score(X, y)  # without a warning of the names of features


@with_callbacks_only
@pytest.mark.parametrize("weighted", [False, True])
def test_scoring_monitor_has_a_row_for_each_iteration(classifier, iris, weighted):
    X, y = iris
    weight = np.random.RandomState(0).uniform(size=150) if weighted else None
    callback = scoring_monitor(["neg_log_loss", "accuracy"])
    model = make(classifier).set_callbacks(callback).fit(X, y, sample_weight=weight)
    rows = callback.get_logs().data
    whole = [row for row in rows if row["task_name"] == "fit"]
    iterations = [row for row in rows if row["task_name"] == "iteration"]
    assert [row["task_id"] for row in iterations] == list(range(model.n_iter_))
    for name in ("neg_log_loss", "accuracy"):
        score = get_scorer(name)(model, X, y, sample_weight=weight)
        assert iterations[-1][name] == score
        assert [row[name] for row in whole] == [score]
    assert iterations[0]["neg_log_loss"] < iterations[-1]["neg_log_loss"]


@with_callbacks_only
def test_scoring_monitor_of_every_kind_of_target(classifier, targets_of_each_kind, iris):
    for y in targets_of_each_kind.values():
        callback = scoring_monitor(lambda model, X, y: {"score": model.score(X, y)})
        model = make(classifier, tol=0.05).set_callbacks(callback).fit(iris[0], y)
        assert callback.get_logs().data[-1]["score"] == model.score(iris[0], y)
        assert len(callback.get_logs().data) == model.n_iter_ + 1


@with_callbacks_only
def test_the_last_iterate_is_shown_though_earlier_weights_are_kept(classifier):
    X, y = make_multilabel_classification(200, 30, n_labels=3, random_state=0)
    model = make(classifier, early_stopping=True, n_iter_no_change=3, alpha=1e-6, tol=0)
    callback = Recorder()
    model.set_callbacks(callback).fit(X, y)
    assert model.stop_reason_ == "early_stopping"
    assert len(callback.fitted()) == model.n_iter_ == len(model.validation_losses_)
    np.testing.assert_array_equal(callback.fitted()[-4].coefs_[0], model.coefs_[0])
    assert callback.fitted()[-1].validation_losses_[:-1] == model.validation_losses_[:-1]


@with_callbacks_only
@pytest.mark.parametrize("solver", SOLVERS)
def test_a_callback_may_stop_the_fit(classifier, iris, solver):
    callback, log = stop_at("iteration", 2), scoring_monitor()
    model = make(classifier, tol=0, solver=solver, activation="tanh")
    model.set_callbacks(callback, log).fit(*iris)
    assert model.stop_reason_ == "callback"
    assert model.n_iter_ == 3
    assert not model.converged_
    assert_same_fit(callback.fitted()[-1], model)
    assert len(log.get_logs().data) == 4
    assert callback.names("teardown") == ["fit"]


@with_callbacks_only
def test_a_callback_may_stop_within_a_pipeline(classifier, iris):
    callback = stop_at("iteration", 4)
    final = make(classifier, tol=0).set_callbacks(callback)
    pipeline = make_pipeline(StandardScaler(), final).set_callbacks(progress_bar())
    assert pipeline.fit(*iris)[-1].n_iter_ == 5
    assert final.stop_reason_ == "callback"
    assert callback.names("setup") == callback.names("teardown")
    assert not {name for name in vars(final) if "callback" in name} - {"_skl_callbacks"}
    assert final._skl_callbacks == [callback]


@with_callbacks_only
def test_a_stop_of_the_last_iteration_is_no_reason_to_warn(classifier, iris):
    model = make(classifier, tol=0, max_iter=3).set_callbacks(stop_at("iteration", 2)).fit(*iris)
    assert model.stop_reason_ == "callback"


@with_callbacks_only
def test_several_runs_are_tasks_with_iterations(classifier, iris):
    log, callback = scoring_monitor(), Recorder()
    model = make(classifier, n_init=3).set_callbacks(log, callback).fit(*iris)
    assert_same_fit(model, make(classifier, n_init=3).fit(*iris))
    assert callback.names("begin").count("run") == 3
    runs = callback.fitted("run")
    assert [run.loss_ for run in runs] == list(model.init_losses_)
    assert [run.stop_reason_ for run in runs] == ["tol"] * 3
    rows = log.get_logs().data
    for number, run in enumerate(runs):
        ids = [row["task_id"] for row in rows if row["parent_task_id_path"] == (0, number)]
        assert ids == list(range(run.n_iter_))
    in_parallel = scoring_monitor()
    make(classifier, n_init=3, n_jobs=2).set_callbacks(in_parallel, progress_bar()).fit(*iris)
    assert in_parallel.get_logs().data == rows


@with_callbacks_only
def test_a_stop_is_one_of_its_own_level(classifier, iris):
    model = make(classifier, n_init=3, tol=0, max_iter=5)
    in_first_run = stop_at("iteration", 1)
    model.set_callbacks(in_first_run).fit(*iris)
    assert model.stop_reason_ == "callback"
    assert [run.n_iter_ for run in in_first_run.fitted("run")] == [2, 2, 2]
    after_second_run = stop_at("run", 1)
    make(classifier, n_init=3).set_callbacks(after_second_run).fit(*iris)
    assert len(after_second_run.fitted("run")) == 2


@with_callbacks_only
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_grid_search(classifier, iris, capsys, n_jobs):
    X, y = iris
    log = scoring_monitor()
    model = make(classifier, tol=0.05).set_callbacks(log)
    search = GridSearchCV(model, {"hidden_layer_sizes": [(), 3]}, cv=2, n_jobs=n_jobs)
    search.set_callbacks(progress_bar(None)).fit(X, y)
    plain = make(classifier, tol=0.05)
    plain = GridSearchCV(plain, {"hidden_layer_sizes": [(), 3]}, cv=2).fit(X, y)
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], plain.cv_results_["mean_test_score"]
    )
    best = search.best_estimator_
    assert_same_fit(best, plain.best_estimator_)
    refit = [row for row in log.get_logs().data if row["task_id_path"][:2] == (0, 1)]
    assert [row["task_name"] for row in refit] == ["fit"] + ["iteration"] * best.n_iter_
    assert refit[-1]["neg_log_loss"] == get_scorer("neg_log_loss")(best, X, y)
    fits = [row for row in log.get_logs().data if row["task_name"] == "fit"]
    assert len(fits) == 5
    assert capsys.readouterr().out.count(f"{classifier.__name__} - fit") >= 5


@with_callbacks_only
@pytest.mark.parametrize("hook", ["setup", "begin", "end", "teardown"])
def test_callbacks_are_torn_down_once_though_one_of_them_fails(classifier, iris, hook):
    model = make(classifier).fit(*iris)
    before = pickle.dumps(model)

    def fail(own, context):
        if own == hook:
            raise RuntimeError(hook)

    callback, other = Recorder(fail), Recorder()
    model.set_callbacks(other, callback)
    with pytest.raises(RuntimeError, match=hook):
        model.fit(*iris)
    assert callback.names("teardown") == other.names("teardown") == ["fit"]
    model.set_callbacks()
    assert pickle.dumps(model) == before
    model.fit(*iris)


class FailingSolver(Solver):
    def run(self, problem, start):
        raise RuntimeError("failing")


@with_callbacks_only
def test_callbacks_are_torn_down_once_though_the_fit_fails(classifier, iris, monkeypatch):
    X, y = iris
    callback = Recorder()
    model = make(classifier).set_callbacks(callback)
    with pytest.raises(ValueError, match="NaN"):
        model.fit(np.full_like(X, np.nan), y)
    assert callback.hooks == []
    with monkeypatch.context() as patch:
        patch.setitem(SOLVERS, "lbfgs", FailingSolver())
        with pytest.raises(RuntimeError, match="failing"):
            model.fit(X, y)
    assert callback.names("setup") == callback.names("teardown") == ["fit"]
    assert not hasattr(model, "n_features_in_")
    model.fit(X, y)
    assert callback.names("setup") == callback.names("teardown") == ["fit"] * 2


@with_callbacks_only
def test_an_interruption_within_a_callback_is_one_of_the_fit(classifier, iris):
    def interrupt(hook, context):
        if hook == "end" and context.task_name == "iteration" and context.task_id == 3:
            raise KeyboardInterrupt

    callback = Recorder(interrupt)
    model = make(classifier, tol=0).set_callbacks(callback)
    with pytest.raises(KeyboardInterrupt, match="interrupted"):
        model.fit(*iris)
    assert model.stop_reason_ == "interrupted"
    assert callback.names("teardown") == ["fit"]


@with_callbacks_only
def test_a_fit_that_continues_reports_its_own_iterations(classifier, iris):
    callback = Recorder()
    model = make(classifier, alpha=1.0, warm_start=True, tol=0.1).fit(*iris)
    earlier = list(model.loss_curve_)
    model.set_params(tol=0.01).set_callbacks(callback).fit(*iris)
    assert [one.n_iter_ for one in callback.fitted()] == list(
        range(len(earlier) + 1, model.n_iter_ + 1)
    )
    assert callback.fitted()[0].loss_curve_[:-1] == earlier


@with_callbacks_only
def test_an_estimator_that_a_callback_was_given_can_be_kept_and_fitted(classifier, iris):
    callback = Recorder()
    model = make(classifier).set_callbacks(callback).fit(*iris)
    kept = callback.fitted()[2]
    assert kept.n_iter_ == 3
    assert_same_fit(kept.set_callbacks().fit(*iris), model)
    assert callback.names("teardown") == ["fit"]


@with_callbacks_only
def test_clone_and_pickle_treat_callbacks_as_those_of_scikit_learn_s_own(classifier, iris):
    ours, theirs = make(classifier), LogisticRegression()
    for model in (ours, theirs):
        log = scoring_monitor()
        model.set_callbacks(log)
        assert clone(model)._skl_callbacks == [log]
        model.fit(*iris)
        n_rows = len(log.get_logs().data)
        restored = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(restored.predict(iris[0]), model.predict(iris[0]))
        (restored_log,) = restored._skl_callbacks
        assert len(restored_log.get_logs().data) == n_rows
        restored.fit(*iris)
        assert len(log.get_logs(select="all")) == 1
        assert len(restored_log.get_logs(select="all")) == 2
        with pytest.raises(TypeError, match="FitCallback"):
            model.set_callbacks(object())
        assert not hasattr(model.set_callbacks(), "_skl_callbacks")
