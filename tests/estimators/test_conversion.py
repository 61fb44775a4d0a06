import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import make_multilabel_classification
from sklearn.exceptions import NotFittedError
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.multiclass import type_of_target

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier

NAMES = ["identity", "logistic", "tanh", "relu"]


def assert_same_predictions(converted, model, X, rtol=1e-10, atol=1e-13):
    predicted, expected = converted.predict(X), model.predict(X)
    np.testing.assert_array_equal(predicted, expected)
    # What strings as objects were come back as strings.
    assert predicted.dtype.kind in (expected.dtype.kind, "U")
    proba, wanted = converted.predict_proba(X), model.predict_proba(X)
    assert proba.shape == wanted.shape
    np.testing.assert_allclose(proba, wanted, rtol=rtol, atol=atol)
    if isinstance(converted, OneVsRestClassifier):
        return  # it has no logarithms
    # Scikit-learn takes logarithms of what is rounded to the precision of 1.
    logs, exact = converted.predict_log_proba(X), model.predict_log_proba(X)
    assert (np.abs(logs - exact) <= rtol * np.abs(exact) + rtol + 10 * atol / wanted).all()


@pytest.fixture
def expressible(iris, targets_of_each_kind):
    """Targets that scikit-learn's classes have an output for."""
    _, y = iris
    labels = targets_of_each_kind["multilabel-indicator"]
    return {
        "booleans": targets_of_each_kind["binary"],
        "two strings": np.where(y == 2, "yes", "no"),
        "two numbers": np.where(y == 1, -3, 5),
        "three labels": labels,
        "two labels": labels[:, :2] | labels[:, 2:],
        "a constant label": np.column_stack([labels[:, 2], np.ones(150, int), np.zeros(150, int)]),
        "a sparse indicator": sp.csr_array(labels),
        "three strings": targets_of_each_kind["multiclass"],
        "objects": targets_of_each_kind["multiclass"].astype(object),
        "three floats": np.array([0.0, 1.0, 7.0])[y],
        "fifty classes": np.arange(150) // 3,
    }


@pytest.mark.parametrize("sizes", [(), (6,), (5, 4)])
def test_predictions_are_the_same_for_every_target_that_can_be_expressed(
    classifier, sizes, expressible, iris
):
    X, _ = iris
    for y in expressible.values():
        model = classifier(sizes, "tanh", alpha=1.0, tol=0.5, random_state=0).fit(X, y)
        converted = model.to_sklearn()
        is_one_vs_rest = classifier is SigmoidMLPClassifier and type_of_target(y) == "multiclass"
        assert type(converted) is (OneVsRestClassifier if is_one_vs_rest else MLPClassifier)
        assert_same_predictions(converted, model, X)
        np.testing.assert_array_equal(converted.classes_, model.classes_)


@pytest.mark.parametrize("activation", NAMES)
def test_every_activation_is_the_same(classifier, activation, cancer):
    model = classifier((7, 3), activation, alpha=1.0, tol=0.01, max_iter=500, random_state=0)
    model.fit(*cancer)
    converted = model.to_sklearn()
    assert converted.activation == activation
    assert_same_predictions(converted, model, cancer[0])
    assert converted.score(*cancer) == model.score(*cancer) > 0.97


@pytest.mark.parametrize(
    ("convert", "precision"),
    [
        (sp.csr_array, {}),
        (sp.csc_matrix, {}),
        (lambda X: X.round().astype(int), {}),
        (lambda X: X.tolist(), {}),
        (lambda X: X.astype(np.float32), {"rtol": 1e-4, "atol": 1e-6}),
        (lambda X: sp.csr_matrix(X.astype(np.float32)), {"rtol": 1e-4, "atol": 1e-6}),
    ],
    ids=["csr", "csc", "integers", "list", "float32", "float32 csr"],
)
def test_features_of_every_form_are_predicted_the_same(classifier, convert, precision, cancer):
    X, y = convert(cancer[0]), cancer[1]
    model = classifier(5, "tanh", tol=0.01, max_iter=500, random_state=0).fit(X, y)
    assert_same_predictions(model.to_sklearn(), model, X, **precision)


def test_it_takes_the_place_of_the_estimator_in_a_pipeline(classifier, cancer):
    X, y = pd.DataFrame(cancer[0] * 3 + 1).add_prefix("f"), cancer[1]
    scaler = StandardScaler().set_output(transform="pandas")
    pipeline = make_pipeline(scaler, classifier(5, random_state=0, tol=0.01)).fit(X, y)
    model = pipeline[-1].to_sklearn()
    assert_same_predictions(make_pipeline(scaler, model), pipeline, X)


def test_names_and_numbers_of_features_are_checked(classifier, cancer):
    X, y = pd.DataFrame(cancer[0]).add_prefix("f"), cancer[1]
    model = classifier(3, tol=1.0).fit(X, y).to_sklearn()
    np.testing.assert_array_equal(model.feature_names_in_, X.columns)
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(X.add_suffix("x"))
    model = classifier(3, tol=1.0).fit(*cancer).to_sklearn()
    with pytest.raises(ValueError, match="has 29 features, but MLPClassifier is expecting 30"):
        model.predict(cancer[0][:, 1:])


def test_its_attributes_tell_the_truth(classifier, cancer):
    model = classifier((7, 3), tol=0.01, max_iter=500, random_state=0).fit(*cancer)
    converted = model.to_sklearn()
    assert repr(converted) == "MLPClassifier(hidden_layer_sizes=(7, 3), solver='lbfgs')"
    assert [coef.shape for coef in converted.coefs_] == [(30, 7), (7, 3), (3, 1)]
    assert [len(intercept) for intercept in converted.intercepts_] == [7, 3, 1]
    for name in ("loss_", "loss_curve_", "n_iter_", "n_layers_", "n_features_in_"):
        assert getattr(converted, name) == getattr(model, name)
    assert (converted.n_outputs_, converted.out_activation_) == (1, "logistic")
    assert not hasattr(converted, "feature_names_in_")


def test_sigmoids_of_several_classes_become_a_network_for_each(iris):
    X, y = pd.DataFrame(iris[0]).add_prefix("f").astype(np.float32), iris[1]
    model = SigmoidMLPClassifier((7, 3), "tanh", tol=0.01, random_state=0).fit(X, y)
    converted = model.to_sklearn()
    unit = MLPClassifier((7, 3), "tanh", solver="lbfgs")
    assert repr(converted) == repr(OneVsRestClassifier(unit))
    assert (converted.n_features_in_, converted.n_classes_) == (4, 3)
    np.testing.assert_array_equal(converted.feature_names_in_, X.columns)
    for k, unit in enumerate(converted.estimators_):
        assert [coef.shape for coef in unit.coefs_] == [(4, 7), (7, 3), (3, 1)]
        assert {part.dtype for part in unit.coefs_ + unit.intercepts_} == {np.dtype(np.float32)}
        np.testing.assert_array_equal(unit.coefs_[-1][:, 0], model.coefs_[-1][:, k])
        assert unit.coefs_[0] is converted.estimators_[0].coefs_[0]  # stored once
        assert (unit.n_iter_, unit.n_layers_) == (model.n_iter_, 4)
        assert not hasattr(unit, "loss_")
    model.coefs_[0][:] = 0
    assert converted.score(X, y) > 0.9
    again = clone(converted).set_params(estimator__max_iter=1000).fit(X, y)
    assert again.score(X, y) > 0.9


def test_scikit_learn_finds_the_same_loss_and_nothing_left_to_learn(iris, cancer):
    for make, (X, y) in ((SoftmaxMLPClassifier, iris), (SigmoidMLPClassifier, cancer)):
        model = make(5, "tanh", alpha=2.0, tol=1e-5, max_iter=2000, random_state=0).fit(X, y)
        converted = model.to_sklearn()
        converted.set_params(alpha=2.0, tol=1e-4, warm_start=True).fit(X, y)
        assert converted.n_iter_ == 0
        np.testing.assert_allclose(converted.loss_, model.loss_, rtol=1e-10)


def test_a_clone_fits_a_network_of_its_own(classifier, cancer):
    model = classifier(5, tol=0.01, random_state=0).fit(*cancer)
    again = clone(model.to_sklearn()).set_params(random_state=0, max_iter=2000).fit(*cancer)
    assert again.score(*cancer) > 0.97
    assert [coef.shape for coef in again.coefs_] == [(30, 5), (5, 1)]


def test_weights_are_copies_and_the_estimator_stays_as_it_was(classifier, cancer):
    X, y = cancer
    model = classifier((5, 4), tol=0.01, random_state=0).fit(X, y)
    before, expected = pickle.dumps(model), model.predict_proba(X)
    converted = model.to_sklearn()
    for part in [*converted.coefs_, *converted.intercepts_]:
        part[:] = 0
    converted.loss_curve_.clear()
    assert pickle.dumps(model) == before
    assert len(model.loss_curve_) == model.n_iter_
    np.testing.assert_array_equal(model.predict_proba(X), expected)


def test_random_numbers_of_others_are_left_alone(classifier, cancer):
    model = classifier(3, tol=1.0).fit(*cancer)
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    model.to_sklearn()
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


# --- What cannot be expressed ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"activation": "softplus"}, "does not have 'softplus'. Fit with one of identity, logis"),
        ({"activation": "silu"}, "does not have 'silu'. Fit with one of identity, logis"),
        (
            {"hidden_layer_sizes": (3, 3), "activation": ["tanh", "relu"]},
            r"one activation for all hidden layers, but these are \['tanh', 'relu'\]. Fit with",
        ),
    ],
)
def test_other_activations_are_an_error(classifier, settings, message, cancer):
    model = classifier(**{"hidden_layer_sizes": 3, "tol": 1.0, **settings}).fit(*cancer)
    message = f"^MLPClassifier cannot express this network: .*{message}"
    with pytest.raises(ValueError, match=message):
        model.to_sklearn()


def test_activations_are_those_of_the_fit(classifier, cancer):
    model = classifier(3, ["tanh"], tol=1.0).fit(*cancer).set_params(activation="softplus")
    assert model.to_sklearn().activation == "tanh"


def test_several_columns_of_classes_are_an_error(classifier, iris, targets_of_each_kind):
    model = classifier(3, tol=1.0).fit(iris[0], targets_of_each_kind["multiclass-multioutput"])
    with pytest.raises(ValueError, match=r"several columns of classes\. Fit an estimator for each"):
        model.to_sklearn()


@pytest.mark.parametrize("threshold", [0.3, [0.5, 0.4, 0.5]])
def test_other_thresholds_are_an_error(threshold, iris, targets_of_each_kind):
    X, Y = iris[0], targets_of_each_kind["multilabel-indicator"]
    model = SigmoidMLPClassifier(3, tol=1.0, threshold=threshold).fit(X, Y)
    with pytest.raises(ValueError, match=r"but threshold=.*set_params\(threshold=0.5\)"):
        model.to_sklearn()
    expected = model.predict(X)
    converted = model.set_params(threshold=[0.5] * 3).to_sklearn()
    np.testing.assert_array_equal(converted.predict_proba(X) > threshold, expected)


def test_an_estimator_that_is_not_fitted_is_an_error(classifier):
    with pytest.raises(NotFittedError):
        classifier().to_sklearn()


# --- ONNX ------------------------------------------------------------------------------------


def run_onnx(model, X):
    """Labels and probabilities of the model that skl2onnx makes, computed by onnxruntime."""
    skl2onnx = pytest.importorskip("skl2onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    exported = skl2onnx.to_onnx(model, X[:1], options={"zipmap": False}).SerializeToString()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # it warns of the shape that skl2onnx declares for labels
    session = onnxruntime.InferenceSession(exported, options, providers=["CPUExecutionProvider"])
    return session.run(None, {"X": X})


@pytest.fixture(scope="module")
def labelled():
    return make_multilabel_classification(400, 20, n_classes=5, random_state=0)


@pytest.mark.parametrize("in_pipeline", [False, True])
@pytest.mark.parametrize(
    ("make", "data", "dtype"),
    [
        (SoftmaxMLPClassifier, "digits", np.float32),
        (SoftmaxMLPClassifier, "digits", np.float64),
        (SoftmaxMLPClassifier, "cancer", np.float32),
        (SigmoidMLPClassifier, "digits", np.float32),
        (SigmoidMLPClassifier, "digits", np.float64),
        (SigmoidMLPClassifier, "cancer", np.float64),
        (SoftmaxMLPClassifier, "labelled", np.float32),
        (SigmoidMLPClassifier, "labelled", np.float32),  # onnxruntime has no labels for float64
    ],
)
def test_models_run_in_onnxruntime(make, data, dtype, in_pipeline, request):
    X, y = request.getfixturevalue(data)
    X = X.astype(dtype)
    scaler = StandardScaler().fit(X)
    model = make(20, "tanh", alpha=1.0, tol=0.01, random_state=0).fit(scaler.transform(X), y)
    assert model.score(scaler.transform(X), y) > 0.6
    onnx_model, onnx_X = model.to_sklearn(), scaler.transform(X)
    if in_pipeline:
        onnx_model, onnx_X = make_pipeline(scaler, onnx_model), X
    labels, proba = run_onnx(onnx_model, onnx_X)
    expected = model.predict_proba(scaler.transform(X))
    atol = 1e-5 if dtype == np.float32 else 1e-12
    np.testing.assert_allclose(proba, expected, atol=atol)
    sure = np.abs(expected - 0.5).min(axis=1) > atol  # what rounding cannot turn over
    assert sure.mean() > 0.99
    np.testing.assert_array_equal(labels[sure], model.predict(scaler.transform(X))[sure])


def test_strings_stay_strings_in_onnxruntime(classifier, iris, targets_of_each_kind):
    X, y = iris[0].astype(np.float32), targets_of_each_kind["multiclass"]
    model = classifier(5, tol=0.01, random_state=0).fit(X, y)
    labels, _ = run_onnx(model.to_sklearn(), X)
    np.testing.assert_array_equal(labels, model.predict(X))
