"""What `fit` promises."""

import pickle
import re
import tracemalloc
import warnings
from concurrent.futures import ThreadPoolExecutor

import cloudpickle
import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_wine, make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold, cross_val_score
from threadpoolctl import threadpool_limits

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier
from skneural._data import rows as _rows
from skneural._data import threads as _threads
from skneural._training.solvers import SOLVERS
from tests.estimators.helpers import same_fit

KINDS = ["binary", "multiclass", "multilabel-indicator", "multiclass-multioutput"]

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


@pytest.mark.parametrize("total", [1e-3, 1, 1.001, 2, 5, 20, 569])
def test_the_sum_of_equal_weights_does_not_matter_to_the_evidence(classifier, total, cancer):
    X, y = cancer
    model = classifier((), random_state=0)
    counted = clone(model).fit(X, y)
    shared = clone(model).fit(X, y, sample_weight=np.full(len(X), total / len(X)))
    np.testing.assert_allclose(shared.alpha_ * len(X) / total, counted.alpha_, rtol=0.02)
    np.testing.assert_allclose(shared.predict_proba(X), counted.predict_proba(X), atol=0.01)


@pytest.mark.parametrize("unit", [1e-300, 1e300])
def test_weights_and_penalty_may_be_of_any_magnitude(classifier, unit, iris):
    X, y = iris
    settings = {"tol": 1e-6, "max_iter": 10_000, "random_state": 0}
    model = classifier((), alpha=1.0, **settings).fit(X, y)
    other = classifier((), alpha=unit, **settings).fit(X, y, np.full(len(X), unit))
    np.testing.assert_allclose(other.predict_proba(X), model.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize("class_weight", [1e-320, 1e200, 1e308])
def test_weights_whose_products_overflow_or_vanish_are_an_error(classifier, class_weight, iris):
    X, y = iris
    weight = np.full(150, 1e150) if class_weight > 1 else None
    model = classifier(3, class_weight=dict.fromkeys(range(3), class_weight))
    soft = 0.5 * (np.eye(3)[y] + np.eye(3)[y[::-1]])  # with zeros, which infinite weights spoil
    for labels in ({"y": y}, {"y": soft, "classes": [0, 1, 2]}):
        with pytest.raises(ValueError, match="class_weight must have a finite sum of at least"):
            model.fit(X, sample_weight=weight, **labels)


def test_a_penalty_that_overflows_by_tiny_weights_is_an_error(classifier, iris):
    with pytest.raises(ValueError, match="alpha too large for the sum of sample_weight"):
        classifier((), alpha=1e20).fit(*iris, np.full(150, 1e-300))


@pytest.mark.parametrize("factor", [0.01, 3.0, 1e4])
def test_class_weights_times_a_constant_change_nothing(classifier, factor, iris):
    X, y = iris
    weights = {0: 1.0, 1: 2.0, 2: 0.5}
    model = classifier(5, "tanh", class_weight=weights, random_state=0)
    model.fit(X, y)
    other = clone(model).set_params(class_weight={k: factor * w for k, w in weights.items()})
    other.fit(X, y)
    np.testing.assert_allclose(other.alpha_, factor * model.alpha_, rtol=0.1)
    np.testing.assert_allclose(other.predict_proba(X), model.predict_proba(X), atol=0.02)


def test_integer_weights_are_split_like_repeated_rows(classifier, iris):
    X, y = iris
    weight = np.random.default_rng(0).integers(1, 4, 150)
    model = classifier(5, "tanh", random_state=0)
    weighted = clone(model).fit(X, y, sample_weight=weight)
    repeated = clone(model).fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    assert same_fit(weighted, repeated)


@pytest.mark.parametrize("units", [1e-6, 1e6, 1e20])
@pytest.mark.parametrize("sizes", [(), (5,)], ids=str)
def test_units_of_the_features_do_not_matter(classifier, sizes, units, iris):
    X, y = iris
    scales = np.array([1.0, units, 1.0, units**0.5])
    model = classifier(sizes, "tanh", preconditioner="kronecker", random_state=0)
    one = clone(model).fit(X, y)
    other = clone(model).fit(X * scales, y)
    np.testing.assert_allclose(other.alpha_, one.alpha_, rtol=1e-2)
    np.testing.assert_allclose(other.predict_proba(X * scales), one.predict_proba(X), atol=1e-2)


@pytest.mark.parametrize("far", [1e3, 1e6])
def test_features_far_from_zero_are_learned_as_well(classifier, far, iris):
    X, y = iris
    near = classifier(random_state=0).fit(X, y)
    model = classifier(random_state=0).fit(X + far, y)
    assert model.score(X + far, y) >= near.score(X, y) - 0.02


@pytest.mark.parametrize("value", [0.0, 1.0, 1e6])
@pytest.mark.parametrize("container", [np.asarray, sp.csr_array])
def test_constant_features_change_no_bit(classifier, value, container, iris):
    X, y = iris
    constant = np.full((150, 1), value)
    model = classifier(5, random_state=0).fit(container(X), y)
    other = classifier(5, random_state=0).fit(
        container(np.hstack([X[:, :2], constant, X[:, 2:], constant])), y
    )
    np.testing.assert_array_equal(other.coefs_[0][[0, 1, 3, 4]], model.coefs_[0])
    np.testing.assert_array_equal(other.coefs_[0][[2, 5]], 0)
    np.testing.assert_array_equal(other.coefs_[1], model.coefs_[1])
    assert other.n_features_in_ == 6


def test_a_fit_of_constant_features_predicts_the_frequencies(classifier, iris):
    y = iris[1][:120]
    model = classifier(5, random_state=0)
    with pytest.warns(ConvergenceWarning, match="The fit learned nothing"):
        model.fit(np.ones((120, 2)), y)
    assert model.stop_reason_ == "no_structure"
    shares = np.bincount(y) / 120
    np.testing.assert_allclose(model.predict_proba(np.ones((1, 2))), [shares], atol=0.02)


@pytest.mark.parametrize("activation", ["relu", "tanh", "logistic", "softplus", "silu"])
@pytest.mark.parametrize("seed", range(5))
def test_xor_is_learned_by_default(classifier, activation, seed):
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    model = classifier(activation=activation, random_state=seed).fit(X, y)
    assert model.stop_reason_ == "tol"
    np.testing.assert_array_equal(model.predict(X), y)


@pytest.mark.parametrize("y", [[0, 1, 2], [0, 1, 0], [[0, 1], [1, 0], [1, 1]]])
def test_three_rows_are_learned_by_default(classifier, y):
    X = np.random.default_rng(0).normal(size=(3, 2))
    np.testing.assert_array_equal(classifier(random_state=0).fit(X, y).predict(X), y)


def test_parity_is_learned_or_the_fit_says_that_it_found_no_structure(classifier):
    bits = (np.arange(64)[:, None] >> np.arange(6)) % 2
    y = bits.sum(axis=1) % 2
    with pytest.warns(ConvergenceWarning, match="No structure was found"):
        model = classifier(random_state=0).fit(bits, y)
    assert model.stop_reason_ == "no_structure"
    np.testing.assert_allclose(model.predict_proba(bits), 0.5, atol=0.02)


@pytest.mark.parametrize("seed", range(3))
def test_ten_copies_of_a_label_lead_to_the_predictions_of_one(seed):
    X, y = make_classification(600, n_informative=5, flip_y=0.3, random_state=seed)
    model = SigmoidMLPClassifier(random_state=0)
    one = clone(model).fit(X[:300], y[:300]).predict_proba(X[300:])
    many = model.fit(X[:300], np.repeat(y[:300, None], 10, axis=1)).predict_proba(X[300:])
    losses = [log_loss(y[300:], p) for p in (one, np.column_stack([1 - many[:, 0], many[:, 0]]))]
    assert losses[1] < losses[0] + 0.05


def test_relabelling_the_classes_permutes_the_columns(classifier, iris):
    X, y = iris
    order = np.array([2, 0, 1])
    model = classifier((), alpha=1.0, tol=5e-9, max_iter=10_000).fit(X, y)
    other = clone(model).fit(X, order[y])
    np.testing.assert_allclose(other.predict_proba(X)[:, order], model.predict_proba(X), atol=1e-6)


def test_class_weight_multiplies_the_sample_weight(classifier, iris):
    X, y = iris
    weight = np.random.default_rng(0).uniform(0.5, 2, 150)
    model = classifier(5, class_weight={0: 3.0, 2: 0.5}, alpha=1.0, random_state=0, tol=0.01)
    other = classifier(5, alpha=1.0, random_state=0, tol=0.01)
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


def dtypes(model):
    return {part.dtype for part in [*model.coefs_, *model.intercepts_]}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sizes", [(), (4,)])
def test_weights_have_the_dtype_of_the_computation(classifier, sizes, dtype, iris):
    X, y = np.column_stack([iris[0], np.ones(150)]).astype(dtype), iris[1]  # one is constant
    model = classifier(sizes, "tanh", alpha=1.0, tol=1e-3, random_state=0, warm_start=True)
    assert dtypes(model.fit(X, y)) == {np.dtype(dtype)}
    loss, n_iter = model.loss_, model.n_iter_
    assert dtypes(model.fit(X, y)) == {np.dtype(dtype)}
    assert model.n_iter_ - n_iter <= 1  # rounding of the weights leaves nothing to learn
    np.testing.assert_allclose(model.loss_, loss, rtol=1e-6)
    if not sizes:
        assert model.coef_.dtype == model.intercept_.dtype == dtype


# --- Bits ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("convert", [np.asarray, sp.csr_array])
def test_fits_have_the_same_bits_for_any_number_of_threads(classifier, dtype, convert, monkeypatch):
    X, y = make_classification(40_000, 40, n_informative=10, n_classes=4, random_state=0)
    X = convert(X.astype(dtype))
    models = []
    monkeypatch.setattr(_threads, "THREADING_PAYS", 0)
    monkeypatch.setattr(_rows, "MOST_ROWS", 1024)
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
        np.float64,
        lambda X: np.asfortranarray(X, np.float64),
        np.float32,
        np.asarray,
        lambda X: X > 50,
        lambda X: sp.csr_array(X[:30_000], dtype=np.float64),
    ],
    ids=["float64", "fortran", "float32", "uint8", "bool", "csr"],
)
def test_the_data_are_not_copied(classifier, convert):
    X = convert(np.random.default_rng(0).integers(100, size=(100_000, 250), dtype=np.uint8))
    y = np.arange(X.shape[0]) % 3
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


@pytest.mark.parametrize("solver", SOLVERS)
def test_fitted_attributes_refer_to_the_returned_weights(classifier, solver, iris):
    X, y = iris
    settings = {"solver": solver, "random_state": 0, "max_iter": 2000, "alpha": 2.0}
    model = classifier(5, "tanh", tol=1e-4, **settings)
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
    model = SoftmaxMLPClassifier((3, 2), alpha=1.0).fit(*iris)
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
    with pytest.warns(ConvergenceWarning, match="No further progress is possible"):
        model.fit(X.astype(dtype), y)
    assert model.stop_reason_ == "precision"
    assert model.n_iter_ < 10_000
    assert model.gradient_norm_ < (1e-3 if dtype == np.float32 else 1e-8)


def test_verbose_prints_every_iteration_and_silence_is_the_default(classifier, iris, capsys):
    classifier(5, random_state=0, tol=0.01).fit(*iris)
    assert capsys.readouterr().out == ""
    model = classifier(5, random_state=0, tol=0.01, verbose=1).fit(*iris)
    lines = capsys.readouterr().out.splitlines()
    stages = [line for line in lines if "rows, alpha [" in line]
    assert len(lines) - len(stages) == model.n_iter_ + 2
    assert len(stages) >= 5  # to learn, to choose twice, to try, and with all rows


# --- Starts --------------------------------------------------------------------------------


def test_warm_start_continues_where_the_fit_stopped(classifier, iris):
    X, y = iris
    model = classifier(5, alpha=1.0, random_state=0, warm_start=True, max_iter=5)
    with pytest.warns(ConvergenceWarning):
        model.fit(X, y)
    first, first_norms = list(model.loss_curve_), list(model.gradient_norm_curve_)
    with pytest.warns(ConvergenceWarning):
        model.fit(X, y)
    assert model.n_iter_ == 10
    assert model.loss_curve_[:5] == first
    assert max(model.loss_curve_[5:]) < min(first)
    assert len(model.gradient_norm_curve_) == 10
    assert model.gradient_norm_curve_[:5] == first_norms
    assert model.gradient_norm_curve_[-1] == model.gradient_norm_


def test_warm_start_at_the_minimum_stays_there(classifier, iris):
    settings = {"alpha": 1.0, "tol": 1e-4, "random_state": 0, "max_iter": 2000}
    model = classifier(5, "tanh", warm_start=True, **settings).fit(*iris)
    weights = [coef.copy() for coef in model.coefs_]
    n_iter = model.n_iter_
    model.fit(*iris)
    assert model.n_iter_ == n_iter
    for a, b in zip(weights, model.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y: (X[:, :3], y), "X has 3 features, but .* is expecting 4"),
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


# --- Features of any scale -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("load", "least"), [(load_wine, 0.9), (load_breast_cancer, 0.92), (load_digits, 0.97)]
)
def test_raw_features_are_learnt_from(classifier, load, least):
    X, y = load(return_X_y=True)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        assert cross_val_score(classifier(random_state=0), X, y, cv=folds).mean() > least


def test_a_warm_start_needs_features_in_the_order_of_the_last_fit(classifier, iris):
    X, y = pd.DataFrame(iris[0], columns=list("abcd")), iris[1]
    model = classifier(5, random_state=0, warm_start=True, tol=0.01).fit(X, y)
    state = pickle.dumps(model)
    for other in (X[list("abdc")], X.rename(columns={"a": "e"})):
        with pytest.raises(ValueError, match="feature names should match"):
            model.fit(other, y)
        assert pickle.dumps(model) == state
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.fit(iris[0], y)
    assert model.feature_names_in_.tolist() == list("abcd")
    model.set_params(warm_start=False).fit(X[list("abdc")], y)
    assert model.feature_names_in_.tolist() == list("abdc")


def test_a_fit_that_is_cut_short_says_by_how_much_the_objective_was_falling(classifier, iris):
    with pytest.warns(ConvergenceWarning, match="Increase max_iter") as caught:
        model = classifier(max_iter=15, random_state=0).fit(*iris)
    (percent,) = re.findall(r"by (\S+) % in the last 10 iterations", str(caught[0].message))
    before, *_, last = model.loss_curve_[-11:]
    np.testing.assert_allclose(float(percent), 100 * (1 - last / before), rtol=0.06)


@pytest.mark.parametrize("tol", ["auto", 1e-6])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_after_one_iteration_the_advice_is_to_make_more(classifier, activation, tol, iris):
    model = classifier(5, activation, max_iter=1, tol=tol, random_state=0)
    with pytest.warns(ConvergenceWarning, match=r"after 1 iteration.*\. Increase max_iter\."):
        model.fit(*iris)
