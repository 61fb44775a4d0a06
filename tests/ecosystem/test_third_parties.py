"""Both classifiers in the hands of packages around scikit-learn (the group `compat`)."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import recall_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

KINDS = ["binary", "multiclass", "multilabel-indicator", "multiclass-multioutput"]


def same(a, b):
    """Whether two predictions, arrays or lists of arrays, have the same bits."""
    return all(np.array_equal(p, q) for p, q in zip(a, b, strict=True))


@pytest.fixture
def digits_in_three(digits):
    """Digits to train on, to calibrate with and to test on."""
    X, y = digits
    return (X[::3], y[::3]), (X[1::3], y[1::3]), (X[2::3], y[2::3])


# --- imbalanced-learn ----------------------------------------------------------------------


@pytest.mark.parametrize("sampler", ["RandomOverSampler", "SMOTE"])
def test_imblearn_samplers_raise_the_recall_of_the_minority(network, sampler, cancer):
    over_sampling = pytest.importorskip("imblearn.over_sampling")
    imblearn_pipeline = pytest.importorskip("imblearn.pipeline")
    X, y = cancer
    malignant, benign = np.flatnonzero(y == 0), np.flatnonzero(y == 1)
    rows = np.concatenate([malignant[:10], benign[:200]])
    others = np.concatenate([malignant[10:], benign[200:]])
    network.set_params(alpha=10.0)
    plain = clone(network).fit(X[rows], y[rows])
    pipeline = imblearn_pipeline.make_pipeline(
        StandardScaler(), getattr(over_sampling, sampler)(random_state=0), network
    ).fit(X[rows], y[rows])
    recalls = [
        recall_score(y[others], m.predict(X[others]), pos_label=0) for m in (plain, pipeline)
    ]
    assert recalls[1] > recalls[0] + 0.1


# --- Files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_skops_files_predict_the_same_bits_and_hold_no_other_types(
    network, kind, iris, targets_of_each_kind, tmp_path
):
    sio = pytest.importorskip("skops.io")
    X = iris[0]
    pipeline = make_pipeline(StandardScaler(), network).fit(X, targets_of_each_kind[kind])
    file = tmp_path / "model.skops"
    sio.dump(pipeline, file)
    untrusted = sio.get_untrusted_types(file=file)
    assert untrusted == [f"skneural._estimators.classifiers.{type(network).__name__}"]
    again = sio.load(file, trusted=untrusted)
    for method in ("predict", "predict_proba", "decision_function", "transform"):
        assert same(getattr(again, method)(X), getattr(pipeline, method)(X))


def test_cloudpickle_takes_a_network_with_a_lambda_to_another_process(network, wine, tmp_path):
    cloudpickle = pytest.importorskip("cloudpickle")
    X, y = wine
    pipeline = make_pipeline(FunctionTransformer(lambda X: X**3), network).fit(X, y)
    (tmp_path / "model").write_bytes(cloudpickle.dumps((pipeline, X)))
    program = (
        "import sys, pathlib, pickle, numpy; folder = pathlib.Path(sys.argv[1]);"
        "model, X = pickle.loads((folder / 'model').read_bytes());"
        "numpy.save(folder / 'probabilities.npy', model.predict_proba(X))"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path], check=True)
    there = np.load(tmp_path / "probabilities.npy")
    np.testing.assert_array_equal(there, pipeline.predict_proba(X))


# --- Conformal prediction ------------------------------------------------------------------


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_mapie_sets_hold_the_digit_as_often_as_they_say(network, level, digits_in_three):
    classification = pytest.importorskip("mapie.classification")
    train, (X_calibration, y_calibration), (X_test, y_test) = digits_in_three
    network.fit(*train)
    conformal = classification.SplitConformalClassifier(
        network, confidence_level=level, prefit=True
    )
    conformal.conformalize(X_calibration, y_calibration)
    predicted, sets = conformal.predict_set(X_test)
    coverage = sets[np.arange(len(y_test)), y_test, 0].mean()
    np.testing.assert_array_equal(predicted, network.predict(X_test))
    assert coverage == pytest.approx(level, abs=0.04)
    assert sets[..., 0].sum(axis=1).mean() < 1.5  # of ten digits


@pytest.mark.parametrize("level", [0.9, 0.95])
def test_crepes_sets_hold_the_digit_as_often_as_they_say(network, level, digits_in_three):
    crepes = pytest.importorskip("crepes")
    train, calibration, (X_test, y_test) = digits_in_three
    conformal = crepes.WrapClassifier(network)
    conformal.fit(*train)
    conformal.calibrate(*calibration)
    sets = conformal.predict_p(X_test, seed=0) > 1 - level
    assert sets[np.arange(len(y_test)), y_test].mean() == pytest.approx(level, abs=0.04)
    assert sets.sum(axis=1).mean() < 1.5  # of ten digits


# --- Explanations --------------------------------------------------------------------------


def test_shap_values_sum_to_the_prediction_less_the_base_value(network, cancer):
    shap = pytest.importorskip("shap")
    X, y = cancer[0][:, [20, 21, 24, 27]], cancer[1]
    network.fit(X, y)
    background = shap.maskers.Independent(X[:50])
    explainer = shap.PermutationExplainer(network.predict_proba, background, seed=0)
    explanation = explainer(X[100:120])
    total = explanation.values.sum(axis=1) + explanation.base_values
    np.testing.assert_allclose(total, network.predict_proba(X[100:120]), atol=1e-6)
