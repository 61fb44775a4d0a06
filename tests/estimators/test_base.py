"""What `fit` promises."""

import pickle
import signal
import tracemalloc
import warnings
from concurrent.futures import ThreadPoolExecutor

import cloudpickle
import joblib
import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_wine, make_classification
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold, cross_val_score
from threadpoolctl import threadpool_limits

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier
from skneural._data import rows as _rows
from skneural._data import threads as _shards
from skneural._estimators import preparation as _preparation
from skneural._training import monitor as _monitor
from skneural._training import run as _training
from skneural._training.solvers import OPTIMIZERS

KINDS = ["binary", "multiclass", "multilabel-indicator", "multiclass-multioutput"]


def same_fit(a, b):
    """Whether two estimators have the same weights, bit by bit."""
    return all(
        np.array_equal(x, y)
        for x, y in zip(a.coefs_ + a.intercepts_, b.coefs_ + b.intercepts_, strict=True)
    )


# --- Mathematics ---------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [0.1, 1.0, 10.0])
def test_softmax_without_hidden_layers_is_multinomial_logistic_regression(alpha, iris):
    X, y = iris
    model = SoftmaxMLPClassifier((), alpha=alpha, tol=5e-9, max_iter=10_000).fit(X, y)
    reference = LogisticRegression(C=1 / alpha, tol=1e-10, max_iter=10_000).fit(X, y)
    np.testing.assert_allclose(model.coefs_[0].T, reference.coef_, atol=1e-5)
    shift = model.intercepts_[0] - reference.intercept_  # adding a number to all changes nothing
    np.testing.assert_allclose(shift, shift.mean(), atol=1e-5)
    np.testing.assert_allclose(model.predict_proba(X), reference.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("alpha", [0.1, 1.0, 10.0])
def test_sigmoid_without_hidden_layers_is_a_logistic_regression_per_class(alpha, iris):
    X, y = iris
    model = SigmoidMLPClassifier((), alpha=alpha, tol=5e-9, max_iter=10_000).fit(X, y)
    for k in range(3):
        reference = LogisticRegression(C=1 / alpha, tol=1e-10, max_iter=10_000).fit(X, y == k)
        np.testing.assert_allclose(model.coefs_[0][:, k], reference.coef_[0], atol=1e-5)
        np.testing.assert_allclose(model.intercepts_[0][k], reference.intercept_[0], atol=1e-5)


def test_binary_sigmoid_is_logistic_regression_and_a_softmax_of_twice_the_penalty(cancer):
    X, y = cancer
    settings = {"tol": 5e-9, "max_iter": 10_000}
    sigmoid = SigmoidMLPClassifier((), alpha=3.0, **settings).fit(X, y)
    softmax = SoftmaxMLPClassifier((), alpha=6.0, **settings).fit(X, y)
    reference = LogisticRegression(C=1 / 3, tol=1e-10, max_iter=10_000).fit(X, y)
    np.testing.assert_allclose(sigmoid.coefs_[0].T, reference.coef_, atol=1e-5)
    np.testing.assert_allclose(np.diff(softmax.coefs_[0], axis=1), sigmoid.coefs_[0], atol=1e-5)
    np.testing.assert_allclose(softmax.predict_proba(X), sigmoid.predict_proba(X), atol=1e-6)
    np.testing.assert_allclose(
        softmax.decision_function(X), sigmoid.decision_function(X), atol=1e-4
    )


@pytest.mark.parametrize("kind", KINDS)
def test_small_data_give_the_same_bits_repeated_weighted_or_shuffled(
    classifier, kind, iris, targets_of_each_kind
):
    X, y = iris[0], targets_of_each_kind[kind]
    rng = np.random.default_rng(0)
    weight = rng.integers(0, 4, len(X))
    weight[[0, 50, 100]] = 1  # every class stays
    repeats = rng.permutation(np.repeat(np.arange(len(X)), weight))
    model = classifier(8, random_state=0, tol=0.01)
    weighted = clone(model).fit(X, y, sample_weight=weight)
    repeated = clone(model).fit(X[repeats], y[repeats])
    assert weighted.n_iter_ > 5
    assert same_fit(weighted, repeated)
    assert weighted.loss_ == repeated.loss_


def test_large_data_give_the_same_model_repeated_weighted_or_shuffled(classifier):
    X, y = make_classification(4000, 30, n_informative=10, n_classes=3, random_state=0)
    rng = np.random.default_rng(0)
    weight = rng.integers(0, 3, len(X))
    repeats = rng.permutation(np.repeat(np.arange(len(X)), weight))
    model = classifier((), alpha=100.0, tol=1e-7, max_iter=2000)
    weighted = clone(model).fit(X, y, sample_weight=weight)
    repeated = clone(model).fit(X[repeats], y[repeats])
    for a, b in zip(weighted.coefs_, repeated.coefs_, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_the_scale_of_the_weights_acts_against_the_penalty(classifier, iris):
    X, y = iris
    settings = {"tol": 5e-9, "max_iter": 10_000}
    model = classifier((), alpha=1.0, **settings).fit(X, y, sample_weight=np.full(150, 4.0))
    other = classifier((), alpha=0.25, **settings).fit(X, y)
    np.testing.assert_allclose(model.coefs_[0], other.coefs_[0], atol=1e-5)


def test_weights_that_sum_to_one_are_shares_of_the_rows_to_the_evidence(classifier, cancer):
    X, y = cancer
    model = classifier((), tol=1e-6, max_iter=500, random_state=0)
    counted = clone(model).fit(X, y)
    shared = clone(model).fit(X, y, sample_weight=np.full(len(X), 1 / len(X)))
    np.testing.assert_allclose(shared.alpha_ * len(X), counted.alpha_, rtol=1e-3)
    np.testing.assert_allclose(shared.predict_proba(X), counted.predict_proba(X), atol=1e-3)


def test_relabelling_the_classes_permutes_the_columns(classifier, iris):
    X, y = iris
    order = np.array([2, 0, 1])
    model = classifier((), alpha=1.0, tol=5e-9, max_iter=10_000).fit(X, y)
    other = clone(model).fit(X, order[y])
    np.testing.assert_allclose(other.predict_proba(X)[:, order], model.predict_proba(X), atol=1e-6)


def test_class_weight_multiplies_the_sample_weight(classifier, iris):
    X, y = iris
    weight = np.random.default_rng(0).uniform(0.5, 2, 150)
    model = classifier(5, class_weight={0: 3.0, 2: 0.5}, random_state=0, tol=0.01)
    other = classifier(5, random_state=0, tol=0.01)
    model.fit(X, y, sample_weight=weight)
    other.fit(X, y, sample_weight=weight * np.array([3.0, 1.0, 0.5])[y])
    np.testing.assert_allclose(model.predict_proba(X), other.predict_proba(X), rtol=1e-6)


def test_class_weights_of_several_labels_act_on_each_label_alone(iris, targets_of_each_kind):
    X, Y = iris[0], targets_of_each_kind["multilabel-indicator"]
    settings = {"alpha": 1.0, "tol": 5e-9, "max_iter": 10_000}
    tables = [{1: 5.0}, {}, {0: 2.0, 1: 0.5}]
    joint = SigmoidMLPClassifier((), class_weight=tables, **settings).fit(X, Y)
    for j, table in enumerate(tables):
        alone = SigmoidMLPClassifier((), class_weight=table, **settings).fit(X, Y[:, j])
        np.testing.assert_allclose(joint.coefs_[0][:, [j]], alone.coefs_[0], atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_balanced_is_what_the_formula_says(classifier, kind, iris, targets_of_each_kind):
    X, y = iris[0], targets_of_each_kind[kind]
    columns = y.T if y.ndim == 2 else [y]
    tables = []
    for column in columns:
        labels, counts = np.unique(column, return_counts=True)
        tables.append(dict(zip(labels.tolist(), len(column) / (len(labels) * counts), strict=True)))
    model = classifier((), class_weight="balanced", random_state=0, max_iter=2000).fit(X, y)
    by_hand = clone(model).set_params(class_weight=tables if y.ndim == 2 else tables[0]).fit(X, y)
    np.testing.assert_allclose(model.coefs_[0], by_hand.coefs_[0], rtol=1e-6, atol=1e-6)


def test_label_smoothing_bounds_the_certainty(classifier):
    X = np.array([[-1.0], [1.0]])
    model = classifier((), alpha=0.0, label_smoothing=0.2, tol=1e-8).fit(X, [0, 1])
    np.testing.assert_allclose(model.predict_proba(X), [[0.9, 0.1], [0.1, 0.9]], atol=1e-5)


def test_a_constant_column_among_several_is_certain(classifier, iris):
    X, y = iris
    model = classifier(5, random_state=0, tol=0.01).fit(X, np.column_stack([y, np.full(150, 7)]))
    assert model.predict_proba(X)[1].tolist() == [[1.0]] * 150
    assert (model.predict(X)[:, 1] == 7).all()


def test_float32_data_agree_with_float64_data(classifier, iris):
    X, y = iris
    model = classifier((), alpha=10.0, random_state=0, max_iter=1000).fit(X, y)
    single = clone(model).fit(X.astype(np.float32), y)
    np.testing.assert_allclose(single.coefs_[0], model.coefs_[0], atol=5e-3)
    assert single.coefs_[0].dtype == np.float64


# --- Bits ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("convert", [np.asarray, sp.csr_array])
def test_fits_have_the_same_bits_for_any_number_of_threads(classifier, dtype, convert, monkeypatch):
    X, y = make_classification(40_000, 40, n_informative=10, n_classes=4, random_state=0)
    X = convert(X.astype(dtype))
    models = []
    monkeypatch.setattr(_shards, "THREADING_PAYS", 0)
    assert max(map(len, _rows.Rows(X).shards)) > 1  # several blocks in a shard
    for n_threads in (1, 2, 4):
        with threadpool_limits(n_threads, user_api="blas"):
            model = classifier((30, 20), max_iter=15, random_state=0)
            with pytest.warns(ConvergenceWarning):
                models.append(model.fit(X, y))
    assert same_fit(models[0], models[1])
    assert same_fit(models[0], models[2])


def test_fits_beside_each_other_in_threads_have_the_bits_of_fits_alone(classifier):
    X, y = make_classification(4000, 50, n_informative=10, n_classes=3, random_state=0)

    def fit(seed):
        return classifier(20, tol=0.01, max_iter=500, random_state=seed).fit(X, y)

    alone = [fit(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        beside = list(pool.map(fit, range(4)))
    assert all(map(same_fit, alone, beside))


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(classifier, iris):
    fits = [classifier(5, random_state=seed, tol=0.01).fit(*iris) for seed in (0, 0, 1)]
    assert same_fit(fits[0], fits[1])
    assert not same_fit(fits[0], fits[2])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dumps", [pickle.dumps, cloudpickle.dumps])
def test_pickles_predict_the_same_bits(classifier, kind, dumps, iris, targets_of_each_kind):
    X = iris[0]
    model = classifier(5, random_state=0, tol=0.01).fit(X, targets_of_each_kind[kind])
    again = pickle.loads(dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    for a, b in zip(again.predict_proba(X), model.predict_proba(X), strict=True):
        np.testing.assert_array_equal(a, b)


def test_joblib_files_predict_the_same_bits(classifier, iris, tmp_path):
    model = classifier(5, random_state=0, tol=0.01).fit(*iris)
    joblib.dump(model, tmp_path / "model.joblib")
    again = joblib.load(tmp_path / "model.joblib")
    np.testing.assert_array_equal(again.predict_proba(iris[0]), model.predict_proba(iris[0]))


# --- Memory --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "convert",
    [
        lambda X: X,
        np.asfortranarray,
        lambda X: X.astype(np.float32),
        lambda X: X.astype(np.uint8),
        lambda X: X > 0,
        sp.csr_array,
    ],
    ids=["float64", "fortran", "float32", "uint8", "bool", "csr"],
)
def test_the_data_are_not_copied(classifier, convert):
    X = convert(np.random.default_rng(0).normal(size=(100_000, 250)))
    y = np.arange(100_000) % 3
    size = X.data.nbytes if sp.issparse(X) else X.nbytes
    model = classifier(4, max_iter=2)
    tracemalloc.start()
    try:
        with pytest.warns(ConvergenceWarning):
            model.fit(X, y)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < size / 2


# --- Diagnosis -----------------------------------------------------------------------------


@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_fitted_attributes_speak_of_the_returned_weights(classifier, solver, iris):
    X, y = iris
    model = classifier(5, "tanh", solver=solver, random_state=0, max_iter=2000, alpha=2.0)
    model.fit(X, y)
    assert model.converged_
    assert model.stop_reason_ == "tol"
    assert model.gradient_norm_ <= 1e-4
    assert len(model.loss_curve_) == model.n_iter_ <= model.n_fev_
    assert model.loss_curve_[-1] == model.loss_
    assert len(model.gradient_norm_curve_) == model.n_iter_
    assert model.gradient_norm_curve_[-1] == model.gradient_norm_
    assert min(model.gradient_norm_curve_[:-1]) > 1e-4
    losses = -np.log(model.predict_proba(X)[np.arange(150), y])
    if classifier is SigmoidMLPClassifier:
        p, t = model.predict_activations(X), np.eye(3)[y]
        losses = -(t * np.log(p) + (1 - t) * np.log1p(-p)).sum(axis=1)
    penalty = sum((coef**2).sum() for coef in model.coefs_) / 150
    np.testing.assert_allclose(model.loss_, losses.mean() + penalty, rtol=1e-10)
    np.testing.assert_array_equal(model.alpha_, [2.0, 2.0])
    np.testing.assert_array_equal(model.classes_, [0, 1, 2])
    np.testing.assert_array_equal(model.init_losses_, [model.loss_])
    assert (model.n_features_in_, model.n_outputs_, model.n_layers_) == (4, 3, 3)


def test_out_activation_is_named_as_in_scikit_learn(iris):
    assert SoftmaxMLPClassifier(3, tol=1.0).fit(*iris).out_activation_ == "softmax"
    assert SigmoidMLPClassifier(3, tol=1.0).fit(*iris).out_activation_ == "logistic"


def test_coefs_and_intercepts_share_memory(iris):
    model = SoftmaxMLPClassifier((3, 2), tol=1.0).fit(*iris)
    bases = {id(part.base) for part in model.coefs_ + model.intercepts_}
    assert len(bases) == 1


def test_a_fit_that_does_not_converge_says_what_was_measured_and_what_to_try(classifier, iris):
    model = classifier(5, max_iter=3, tol=1e-7, random_state=0)
    with pytest.warns(ConvergenceWarning) as caught:
        model.fit(*iris)
    (message,) = [str(w.message) for w in caught]
    assert f"after 3 iterations at a gradient norm of {model.gradient_norm_:.3g}" in message
    assert "tol=1e-07" in message
    assert "max_iter" in message
    assert not model.converged_
    assert model.stop_reason_ == "max_iter"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_only_the_gradient_or_the_precision_stops_a_fit_with_iterations_left(
    classifier, dtype, iris
):
    X, y = iris
    model = classifier((), tol=0.0, max_iter=10_000)
    with pytest.warns(
        ConvergenceWarning, match="No further progress is possible at this precision"
    ):
        model.fit(X.astype(dtype), y)
    assert model.stop_reason_ == "precision"
    assert model.n_iter_ < 10_000
    assert model.gradient_norm_ < (1e-3 if dtype == np.float32 else 1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("solver", "activation"),
    [(name, "tanh") for name in OPTIMIZERS]
    + [(name, "relu") for name, optimizer in OPTIMIZERS.items() if not optimizer.second_order],
)
def test_a_fit_gives_up_only_where_a_fresh_start_does_not_help(
    classifier, solver, dtype, activation, iris
):
    X, y = iris
    model = classifier(8, activation, alpha=1.0, solver=solver, random_state=0, warm_start=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X.astype(dtype), y)
        if model.stop_reason_ == "precision":
            loss = model.loss_
            assert model.fit(X.astype(dtype), y).loss_ >= loss
        else:
            assert model.stop_reason_ in ("tol", "max_iter")


def test_overflow_in_the_middle_keeps_the_last_finite_weights(classifier, iris, monkeypatch):
    evaluate = _monitor.Monitor.evaluate

    def fragile(self, phi):
        if self.solution.n_fev >= 6:
            self._objective = lambda theta: (np.nan, theta)
        return evaluate(self, phi)

    monkeypatch.setattr(_monitor.Monitor, "evaluate", fragile)
    model = classifier(5, random_state=0)
    with pytest.warns(ConvergenceWarning, match="overflowed where the solver went next"):
        model.fit(*iris)
    assert model.stop_reason_ == "overflow"
    assert np.isfinite(model.loss_)
    assert all(np.isfinite(part).all() for part in model.coefs_ + model.intercepts_)


@pytest.mark.parametrize("solver", [n for n, o in OPTIMIZERS.items() if o.second_order])
def test_ctrl_c_inside_a_hessian_product_keeps_the_last_iterate(solver, iris, monkeypatch):
    hessian_product = _monitor.Monitor.hessian_product

    def interrupted(self, theta, direction):
        if len(self.solution.loss_curve) == 3:
            signal.raise_signal(signal.SIGINT)
        return hessian_product(self, theta, direction)

    monkeypatch.setattr(_monitor.Monitor, "hessian_product", interrupted)
    model = SoftmaxMLPClassifier(5, "tanh", solver=solver, random_state=0)
    with pytest.warns(ConvergenceWarning, match="interrupted from the keyboard"):
        model.fit(*iris)
    assert model.stop_reason_ == "interrupted"
    assert model.n_iter_ == 3


def test_second_order_solvers_take_kinks_in_no_layer_at_all(iris):
    assert SoftmaxMLPClassifier((), solver="newton-cg").fit(*iris).converged_


@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_ctrl_c_keeps_the_last_iterate(classifier, solver, iris, monkeypatch):
    after_iteration = _monitor.Monitor.after_iteration

    def interrupted(self, theta):
        after_iteration(self, theta)
        if len(self.solution.loss_curve) == 4:
            signal.raise_signal(signal.SIGINT)

    reference = classifier(5, "tanh", solver=solver, random_state=0, max_iter=4)
    with pytest.warns(ConvergenceWarning):
        reference.fit(*iris)
    monkeypatch.setattr(_monitor.Monitor, "after_iteration", interrupted)
    model = classifier(5, "tanh", solver=solver, random_state=0, n_init=3)
    with pytest.warns(ConvergenceWarning, match="interrupted from the keyboard"):
        model.fit(*iris)
    assert model.stop_reason_ == "interrupted"
    assert model.n_iter_ == 4
    assert len(model.init_losses_) == 1  # no further start is tried
    assert same_fit(model, reference)


@pytest.mark.parametrize("method", ["evaluate", "_accept"])
def test_ctrl_c_before_there_is_an_iterate_is_passed_on(classifier, method, iris, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    model = classifier(5, random_state=0, tol=0.01).fit(*iris)
    before = model.predict_proba(iris[0])
    monkeypatch.setattr(_monitor.Monitor, method, interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.fit(*iris)
    np.testing.assert_array_equal(model.predict_proba(iris[0]), before)


def test_verbose_prints_every_iteration_and_silence_is_the_default(classifier, iris, capsys):
    classifier(5, random_state=0, tol=0.01).fit(*iris)
    assert capsys.readouterr().out == ""
    model = classifier(5, random_state=0, tol=0.01, verbose=1).fit(*iris)
    assert len(capsys.readouterr().out.splitlines()) == model.n_iter_ + 2


# --- Starts --------------------------------------------------------------------------------


def test_warm_start_continues_where_the_fit_stopped(classifier, iris):
    X, y = iris
    model = classifier(5, random_state=0, warm_start=True, max_iter=5)
    with pytest.warns(ConvergenceWarning):
        model.fit(X, y)
    first, first_norms = model.loss_curve_, model.gradient_norm_curve_
    with pytest.warns(ConvergenceWarning):
        model.fit(X, y)
    assert model.n_iter_ == 10
    assert model.loss_curve_[:5] == first
    assert max(model.loss_curve_[5:]) < min(first)
    assert len(model.gradient_norm_curve_) == 10
    assert model.gradient_norm_curve_[:5] == first_norms
    assert model.gradient_norm_curve_[-1] == model.gradient_norm_


def test_warm_start_at_the_minimum_stays_there(classifier, iris):
    model = classifier(5, "tanh", alpha=1.0, random_state=0, warm_start=True, max_iter=2000)
    model.fit(*iris)
    weights = [coef.copy() for coef in model.coefs_]
    n_iter = model.n_iter_
    model.fit(*iris)
    assert model.n_iter_ == n_iter
    for a, b in zip(weights, model.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y: (X[:, :3], y), r"\(4, 5, 3\) then, \(3, 5, 3\) now"),
        (lambda X, y: (X, y + 1), r"multiclass, \[0 1 2\] then, multiclass, \[1 2 3\] now"),
        (lambda X, y: (X, y > 0), r"multiclass, .* then, binary, \[False  True\] now"),
    ],
)
def test_warm_start_needs_what_the_last_fit_had(classifier, change, message, iris):
    model = classifier(5, random_state=0, warm_start=True, tol=0.01).fit(*iris)
    before = model.predict_proba(iris[0])
    with pytest.raises(ValueError, match=message):
        model.fit(*change(*iris))
    np.testing.assert_array_equal(model.predict_proba(iris[0]), before)
    with pytest.raises(ValueError, match="warm_start=True continues the last fit"):
        model.set_params(hidden_layer_sizes=6).fit(*iris)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_the_best_of_several_starts_is_kept(classifier, n_jobs, iris):
    settings = {"alpha": 0.1, "random_state": 0, "max_iter": 300, "tol": 0.005}
    one = classifier(3, **settings).fit(*iris)
    best = classifier(3, **settings, n_init=4, n_jobs=n_jobs).fit(*iris)
    assert best.init_losses_.shape == (4,)
    assert len(set(best.init_losses_)) > 1
    assert best.init_losses_[0] == one.loss_
    assert best.loss_ == best.init_losses_.min()
    assert best.loss_curve_[-1] == best.loss_


def test_starts_are_the_same_however_many_jobs_run(classifier, iris):
    models = [classifier(3, random_state=0, n_init=3, n_jobs=n_jobs, tol=0.01) for n_jobs in (1, 2)]
    assert same_fit(*(model.fit(*iris) for model in models))
    for backend in ("threading", "multiprocessing"):
        with joblib.parallel_config(backend):
            assert same_fit(models[0], models[1].fit(*iris))


# --- Bad input -----------------------------------------------------------------------------


def with_value(X, value):
    X = np.array(X, dtype=np.result_type(X, type(value)) if value is not None else object)
    X[3, 1] = value
    return X


BAD_DATA = {
    "NaN in X": (lambda X, y: (with_value(X, np.nan), y), "Input X contains NaN"),
    "inf in X": (lambda X, y: (with_value(X, np.inf), y), "Input X contains infinity"),
    "complex X": (lambda X, y: (X + 1j, y), "Complex data not supported"),
    "string X": (lambda X, y: (X.astype(str), y), "bytes/strings|numeric"),
    "words in X": (
        lambda X, y: ([["a", "b"]] * len(y), y),
        "bytes/strings|numeric|string to float",
    ),
    "ragged X": (lambda X, y: ([[1.0], *X[1:].tolist()], y), "inhomogeneous|sequence"),
    "1-d X": (lambda X, y: (X[:, 0], y), "Expected 2D array, got 1D array"),
    "dates in X": (
        lambda X, y: (X.astype("datetime64[s]"), y),
        "X must hold numbers, got datetime",
    ),
    "no rows": (lambda X, y: (X[:0], y[:0]), "0 sample"),
    "no features": (lambda X, y: (X[:, :0], y), "0 feature"),
    "NaN in y": (lambda X, y: (X, np.where(y == 0, np.nan, y)), "Input y contains NaN"),
    "inf in y": (lambda X, y: (X, np.where(y == 0, np.inf, y)), "Input y contains infinity"),
    "continuous y": (lambda X, y: (X, y + 0.5), "Unknown label type: continuous"),
    "object y": (lambda X, y: (X, np.array([object()] * len(y))), "[Uu]nknown label type|not supp"),
    "None in y": (lambda X, y: (X, np.where(y == 0, None, "a")), "NaN|[Uu]nknown label type"),
    "lengths": (lambda X, y: (X, y[:-1]), "inconsistent numbers of samples"),
    "one class": (lambda X, y: (X, np.zeros_like(y)), "only one class, 0; .* at least 2"),
    "no y": (lambda X, y: (X, None), "requires y to be passed"),
}


@pytest.mark.parametrize("case", BAD_DATA)
def test_bad_data_are_an_error_and_leave_a_fitted_estimator_alone(classifier, case, iris):
    change, message = BAD_DATA[case]
    X, y = iris
    model = classifier(5, random_state=0, tol=0.01).fit(X, y)
    state = pickle.dumps(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
        bad = change(X, y)
    with pytest.raises(ValueError, match=message):
        model.fit(*bad)
    assert pickle.dumps(model) == state
    fresh = clone(model)
    with pytest.raises(ValueError, match=message):
        fresh.fit(*bad)
    assert not [name for name in vars(fresh) if name.endswith("_")]


BAD_SETTINGS = [
    ({"activation": "swish"}, ValueError, "activation must be one of.*got 'swish'"),
    ({"activation": ["relu", "relu"]}, ValueError, "a name for each hidden layer.* 1; got"),
    ({"solver": "adam"}, ValueError, "solver must be one of 'lbfgs', 'cg', .*got 'adam'"),
    ({"hidden_layer_sizes": (10, 0)}, ValueError, r"positive integers, got \(10, 0\)"),
    ({"hidden_layer_sizes": -5}, ValueError, "positive integers, got -5"),
    ({"hidden_layer_sizes": 2.5}, ValueError, "positive integers, got 2.5"),
    ({"alpha": -1}, ValueError, "alpha == -1, must be >= 0"),
    ({"alpha": np.nan}, ValueError, "alpha must be finite, got nan"),
    ({"preconditioner": "adam"}, ValueError, "preconditioner must be one of 'auto'"),
    ({"early_stopping": "yes"}, ValueError, "early_stopping must be True or False"),
    ({"validation_fraction": 1.0}, ValueError, "validation_fraction == 1.0, must be < 1"),
    ({"n_iter_no_change": 0}, ValueError, "n_iter_no_change == 0, must be >= 1"),
    ({"alpha": "small"}, ValueError, "alpha must be a number .* or 'auto'; got 'small'"),
    ({"tol": -1e-3}, ValueError, "tol == -0.001, must be >= 0"),
    ({"max_iter": 0}, ValueError, "max_iter == 0, must be >= 1"),
    ({"max_iter": 1.5}, TypeError, "max_iter must be an instance of"),
    ({"n_init": 0}, ValueError, "n_init == 0, must be >= 1"),
    ({"verbose": -1}, ValueError, "verbose == -1, must be >= 0"),
    ({"warm_start": "yes"}, ValueError, "warm_start must be True or False, got 'yes'"),
    ({"label_smoothing": 1.0}, ValueError, "label_smoothing == 1.0, must be < 1"),
    ({"label_smoothing": -0.1}, ValueError, "label_smoothing == -0.1, must be >= 0"),
    ({"class_weight": {7: 2.0}}, ValueError, r"no classes: \[7\]; y has \[0, 1, 2\]"),
    ({"class_weight": {0: 0, 1: 0, 2: 0}}, ValueError, "weights sum to 0"),
    ({"random_state": "seed"}, ValueError, "cannot be used to seed"),
    ({"solver": "bfgs", "hidden_layer_sizes": 1000}, ValueError, "'bfgs'.*hidden_layer_sizes"),
    ({"solver": "trust-ncg"}, ValueError, "'trust-ncg' uses second.*activation='relu'"),
]


@pytest.mark.parametrize(("settings", "error", "message"), BAD_SETTINGS, ids=str)
def test_bad_settings_are_an_error_and_leave_a_fitted_estimator_alone(
    classifier, settings, error, message, iris
):
    model = classifier(5, random_state=0, tol=0.01).fit(*iris)
    before = {name: value for name, value in vars(model).items() if name.endswith("_")}
    model.set_params(**settings)
    with pytest.raises(error, match=message):
        model.fit(*iris)
    after = {name: value for name, value in vars(model).items() if name.endswith("_")}
    assert pickle.dumps(after) == pickle.dumps(before)


@pytest.mark.parametrize(
    ("threshold", "message"),
    [
        (0.0, "open interval"),
        (1.0, "open interval"),
        ([0.5, 0.5], "each of the 3 outputs"),
        ("half", "open interval"),
    ],
)
def test_bad_thresholds_are_an_error(threshold, message, iris, targets_of_each_kind):
    model = SigmoidMLPClassifier(threshold=threshold)
    with pytest.raises(ValueError, match=message):
        model.fit(iris[0], targets_of_each_kind["multilabel-indicator"])
    assert not hasattr(model, "coefs_")


def test_a_threshold_that_cannot_be_honoured_is_an_error(iris):
    with pytest.raises(ValueError, match=r"threshold=0.3 cannot be honoured.*3 classes"):
        SigmoidMLPClassifier(threshold=0.3).fit(*iris)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (lambda n: np.where(np.arange(n) == 3, np.nan, 1.0), "sample_weight contains NaN"),
        (lambda n: np.where(np.arange(n) == 3, np.inf, 1.0), "sample_weight contains infinity"),
        (lambda n: np.arange(n) - 1.0, "must not be negative, got -1"),
        (np.zeros, "all weights are zero"),
        (lambda n: np.ones(n - 1), "inconsistent numbers of samples"),
        (lambda n: np.full(n, 1e308), "weights sum to inf"),
    ],
)
def test_bad_weights_are_an_error_and_leave_a_fitted_estimator_alone(
    classifier, weight, message, iris
):
    model = classifier(5, random_state=0, tol=0.01).fit(*iris)
    state = pickle.dumps(model)
    with pytest.raises(ValueError, match=message):
        model.fit(*iris, sample_weight=weight(150))
    assert pickle.dumps(model) == state


@pytest.mark.parametrize("solver", OPTIMIZERS)
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


def test_one_hot_targets_are_pointed_out_to_the_softmax_only(iris):
    X, y = iris
    one_hot = np.eye(3, dtype=int)[y]
    with pytest.warns(UserWarning, match=r"pass y\.argmax\(axis=1\) instead"):
        SoftmaxMLPClassifier(3, tol=1.0).fit(X, one_hot)
    SigmoidMLPClassifier(3, tol=1.0).fit(X, one_hot)


def test_a_column_of_labels_is_flattened_with_a_warning(classifier, iris):
    X, y = iris
    with pytest.warns(DataConversionWarning):
        model = classifier(3, tol=1.0).fit(X, y[:, None])
    assert model.predict(X).shape == (150,)


def test_sparse_indicators_give_the_fit_of_dense_ones(classifier, iris, targets_of_each_kind):
    X, Y = iris[0], targets_of_each_kind["multilabel-indicator"]
    model = classifier(5, random_state=0, tol=0.01)
    dense = clone(model).fit(X, Y)
    for container in (sp.csr_array, sp.csr_matrix, sp.csc_array):
        assert same_fit(dense, clone(model).fit(X, container(Y)))


# --- Validation ----------------------------------------------------------------------------


def val_log_loss(model, X, y, weight=None):
    return log_loss(y, model.predict_proba(X), sample_weight=weight)


@pytest.mark.parametrize("solver", OPTIMIZERS)
def test_early_stopping_keeps_the_weights_of_the_best_validation_loss(classifier, solver, iris):
    X, y = iris
    noisy = np.where(np.random.default_rng(0).uniform(size=150) < 0.2, 0, y)
    X_val, y_val = X[::3], y[::3]
    model = classifier(
        20, "tanh", alpha=0.0, solver=solver, early_stopping=True, n_iter_no_change=4,
        max_iter=400, random_state=0,
    )  # fmt: skip
    model.fit(X, noisy, X_val=X_val, y_val=y_val)
    scores = model.validation_losses_
    assert model.stop_reason_ == "early_stopping"
    assert len(scores) == model.n_iter_ == len(model.loss_curve_)
    assert model.n_iter_ - 1 - np.argmin(scores) == 4
    assert model.best_validation_loss_ == min(scores)
    np.testing.assert_allclose(val_log_loss(model, X_val, y_val), min(scores), rtol=1e-9)


def test_early_stopping_sets_rows_of_each_class_aside(classifier, iris):
    X, y = iris
    model = classifier(5, "tanh", early_stopping=True, validation_fraction=0.2, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, y)
        again = clone(model).fit(X, y)
    assert same_fit(model, again)
    assert len(model.validation_losses_) == model.n_iter_
    # A class with a single row stays with the rows that are trained on.
    labels = np.where(np.arange(150) == 77, 9, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, labels)
    assert model.classes_.tolist() == [0, 1, 2, 9]
    assert np.isfinite(model.best_validation_loss_)


@pytest.mark.parametrize("kind", KINDS)
def test_validation_data_are_measured_only_unless_stopping_is_asked_for(
    classifier, kind, iris, targets_of_each_kind
):
    X, y = iris[0], targets_of_each_kind[kind]
    weight = np.random.default_rng(0).uniform(0.5, 2, 75)
    model = classifier(5, "tanh", alpha=1.0, max_iter=30, tol=0.0, random_state=0)
    with pytest.warns(ConvergenceWarning):
        model.fit(X, y, X_val=X[::2], y_val=y[::2], sample_weight_val=weight)
    with pytest.warns(ConvergenceWarning):
        plain = clone(model).fit(X, y)
    assert same_fit(model, plain)
    assert len(model.validation_losses_) == 30
    assert model.best_validation_loss_ == min(model.validation_losses_)
    assert not hasattr(plain, "validation_losses_")
    p = model.predict_proba(X[::2])
    if kind == "multilabel-indicator":
        columns = [np.column_stack([1 - q, q]) for q in p.T]
    else:
        columns = p if kind == "multiclass-multioutput" else [p]
    targets = y[::2].reshape(75, -1).T
    losses = [log_loss(t, q, sample_weight=weight) for t, q in zip(targets, columns, strict=True)]
    np.testing.assert_allclose(model.validation_losses_[-1], np.mean(losses), rtol=1e-9)


def test_class_weights_count_in_the_validation_loss(classifier, iris):
    X, y = iris
    model = classifier((), alpha=1.0, max_iter=5, class_weight={0: 3.0})
    with pytest.warns(ConvergenceWarning):
        model.fit(X, y, X_val=X, y_val=y)
    expected = val_log_loss(model, X, y, np.where(y == 0, 3.0, 1.0))
    np.testing.assert_allclose(model.validation_losses_[-1], expected, rtol=1e-9)


def test_warm_start_goes_on_with_the_histories(classifier, iris):
    X, y = iris
    model = classifier(
        10, "tanh", early_stopping=True, warm_start=True, n_iter_no_change=3, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
        first = model.best_validation_loss_, model.n_iter_, list(model.validation_losses_)
        model.fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
    assert model.best_validation_loss_ <= first[0]
    assert model.n_iter_ > first[1]
    assert model.validation_losses_[: first[1]] == first[2]
    assert len(model.validation_losses_) == len(model.loss_curve_) == model.n_iter_
    assert model.best_validation_loss_ == min(model.validation_losses_)


def test_of_several_fits_the_best_on_the_validation_data_is_kept(classifier, iris):
    X, y = iris
    settings = {"early_stopping": True, "n_iter_no_change": 3, "random_state": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        one, several = (
            classifier(4, n_init=n, **settings).fit(X, y, X_val=X[::2], y_val=y[::2])
            for n in (1, 4)
        )
    assert several.best_validation_loss_ <= one.best_validation_loss_
    assert len(several.init_losses_) == 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y_val": None}, "X_val and y_val must be given together"),
        ({"X_val": None, "y_val": None}, "X_val and y_val must be given together"),
        ({"X_val": np.ones((4, 3))}, "3 features, but .* is expecting 4"),
        ({"X_val": np.full((4, 4), np.nan)}, "NaN"),
        ({"y_val": [0, 1, 2]}, "inconsistent numbers of samples"),
        ({"y_val": [0, 1, 2, 7]}, r"y_val has labels that y does not have: \[7\]"),
        ({"y_val": np.eye(4, 3, dtype=int)}, r"class probabilities.*row 3 is \[0, 0, 0\]"),
        ({"y_val": np.ones((4, 2))}, "a row of 3 class probabilities for each sample; got"),
        ({"sample_weight_val": [1, 1]}, "inconsistent numbers of samples"),
        ({"sample_weight_val": [1, 1, -1, 1]}, "sample_weight_val must not be negative"),
        ({"sample_weight_val": [0, 0, 0, 0]}, "sample_weight_val must have a positive sum"),
    ],
)
def test_bad_validation_data_are_an_error(classifier, iris, change, message):
    given = {"X_val": np.ones((4, 4)), "y_val": [0, 1, 2, 0], "sample_weight_val": [1, 1, 1, 1]}
    model = classifier(3)
    with pytest.raises(ValueError, match=message):
        model.fit(*iris, **{**given, **change})
    assert not hasattr(model, "coefs_")


def test_one_row_left_for_training_is_enough_but_none_is_not(classifier):
    X, y = np.eye(2), [0, 1]
    model = classifier(3, early_stopping=True, validation_fraction=0.9)
    with pytest.raises(ValueError, match=r"validation_fraction=0\.9 of 2 rows leaves none"):
        model.fit(X, y)


# --- Rows by the scale of their features ---------------------------------------------------


@pytest.mark.parametrize(
    ("load", "least"), [(load_wine, 0.9), (load_breast_cancer, 0.92), (load_digits, 0.97)]
)
def test_raw_features_are_learnt_from(classifier, load, least):
    X, y = load(return_X_y=True)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        assert cross_val_score(classifier(random_state=0), X, y, cv=folds).mean() > least


@pytest.mark.parametrize("n_targets", [1, 3])
def test_rows_set_aside_and_trained_on_are_all_rows_once(n_targets):
    codes = np.random.default_rng(0).integers(4, size=(150, n_targets))
    data = _rows.Rows(np.arange(150.0)[:, None], codes, np.ones(150))
    trained, aside = _preparation.validation_split(data, 0.2, np.random.RandomState(0))
    everything = slice(None)
    numbers = [part.features(everything).ravel() for part in (trained, aside)]
    np.testing.assert_array_equal(np.sort(np.concatenate(numbers)), np.arange(150))
    assert aside.n_rows == 30
    if n_targets == 1:
        counts = [
            np.bincount(part.labels_and_weights(everything)[0][:, 0]) for part in (data, aside)
        ]
        np.testing.assert_allclose(counts[1], 0.2 * counts[0], atol=1)


def test_early_stopping_of_a_sparse_indicator_and_of_rows_without_weight(classifier, iris):
    X = iris[0]
    Y = sp.csr_array(np.column_stack([X[:, 0] > 0, X[:, 1] > 0, X[:, 2] > 0]).astype(int))
    weight = np.zeros(150)
    weight[::10] = 1
    model = classifier(5, "tanh", early_stopping=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, Y)
        assert np.isfinite(model.validation_losses_).all()
        model.fit(X, iris[1], sample_weight=weight)
        assert np.isfinite(model.validation_losses_).all()


def test_early_stopping_on_a_sample_ends_its_round_only(classifier):
    X, y = make_classification(10_000, 20, n_informative=4, flip_y=0.4, n_classes=3, random_state=0)
    model = classifier(30, alpha=0.0, early_stopping=True, n_iter_no_change=2, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X[:5000].repeat(4, axis=0), y[:5000].repeat(4), X_val=X[5000:], y_val=y[5000:])
    assert model.stop_reason_ == "early_stopping"
    best = int(np.argmin(model.validation_losses_))
    assert model.n_iter_ - 1 - best >= 2
    np.testing.assert_allclose(
        val_log_loss(model, X[5000:], y[5000:]), model.best_validation_loss_, rtol=1e-9
    )


def test_validation_data_without_weight_are_an_error(classifier, iris):
    X, y = iris
    model = classifier(3, class_weight={0: 0.0})
    with pytest.raises(ValueError, match="must have a positive, finite sum"):
        model.fit(X, y, X_val=X[:50], y_val=y[:50])


def test_a_warm_start_without_validation_data_forgets_their_history(classifier, iris):
    X, y = iris
    model = classifier(3, "tanh", alpha=1.0, warm_start=True, tol=0.1, random_state=0)
    model.fit(X, y, X_val=X, y_val=y)
    assert model.best_validation_loss_
    model.fit(X, y)
    assert not hasattr(model, "validation_losses_")
    assert not hasattr(model, "best_validation_loss_")


def test_ctrl_c_in_the_setup_of_a_later_fit_keeps_the_earlier_ones(classifier, iris, monkeypatch):
    moments, calls = _training.feature_moments, []

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return moments(*arguments)

    monkeypatch.setattr(_training, "feature_moments", interrupted)
    model = classifier(4, "tanh", n_init=4, tol=0.1, random_state=0)
    with pytest.warns(ConvergenceWarning, match="interrupted from the keyboard"):
        model.fit(*iris)
    assert len(model.init_losses_) == 2
    assert model.stop_reason_ == "interrupted"
