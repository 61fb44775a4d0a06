import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from sklearn.exceptions import NotFittedError
from sklearn.metrics import average_precision_score, get_scorer, log_loss, roc_auc_score
from threadpoolctl import threadpool_limits

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier
from skneural._data import threads as _shards
from skneural.activations import sigmoid, softplus
from tests.estimators.helpers import PREDICTIONS

KINDS = ["binary", "multiclass", "multilabel-indicator", "multiclass-multioutput"]
METHODS = ["predict_proba", "predict_log_proba", "decision_function", "predict_activations"]


@pytest.fixture(scope="module")
def fitted(iris, targets_of_each_kind):
    """A fitted estimator for every class and kind of target."""
    return {
        (make, kind): make(6, "tanh", max_iter=500, random_state=0).fit(iris[0], y)
        for make in (SoftmaxMLPClassifier, SigmoidMLPClassifier)
        for kind, y in targets_of_each_kind.items()
    }


def as_list(values):
    return values if isinstance(values, list) else [values]


@pytest.mark.parametrize("kind", KINDS)
def test_predictions_have_the_form_of_the_target(
    classifier, kind, fitted, iris, targets_of_each_kind
):
    model, y = fitted[classifier, kind], targets_of_each_kind[kind]
    predicted = model.predict(iris[0])
    assert predicted.shape == y.shape
    assert predicted.dtype.kind == y.dtype.kind
    assert (predicted == y).mean() > 0.95


@pytest.mark.parametrize(
    ("kind", "proba", "scores"),
    [
        ("binary", [(150, 2)], [(150,)]),
        ("multiclass", [(150, 3)], [(150, 3)]),
        ("multilabel-indicator", [(150, 3)], [(150, 3)]),
        ("multiclass-multioutput", [(150, 3), (150, 2)], [(150, 3), (150,)]),
    ],
)
def test_shapes(classifier, kind, proba, scores, fitted, iris):
    model = fitted[classifier, kind]
    for method, shapes in (
        ("predict_proba", proba),
        ("predict_log_proba", proba),
        ("decision_function", scores),
    ):
        values = getattr(model, method)(iris[0])
        assert isinstance(values, list) == (kind == "multiclass-multioutput")
        assert [part.shape for part in as_list(values)] == shapes


@pytest.mark.parametrize("kind", KINDS)
def test_probabilities_decisions_and_predictions_agree(classifier, kind, fitted, iris):
    model = fitted[classifier, kind]
    proba = as_list(model.predict_proba(iris[0]))
    logs = as_list(model.predict_log_proba(iris[0]))
    scores = as_list(model.decision_function(iris[0]))
    predicted = model.predict(iris[0])
    classes = as_list(model.classes_)
    for j, (p, log_p, score) in enumerate(zip(proba, logs, scores, strict=True)):
        np.testing.assert_allclose(np.log(p), log_p, rtol=1e-9, atol=1e-12)
        if kind == "multilabel-indicator":
            np.testing.assert_array_equal(predicted, p > 0.5)
            np.testing.assert_array_equal(predicted, score > 0)
            continue
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
        label = predicted[:, j] if kind == "multiclass-multioutput" else predicted
        np.testing.assert_array_equal(label, classes[j][p.argmax(axis=1)])
        best = (score > 0).astype(int) if score.ndim == 1 else score.argmax(axis=1)
        np.testing.assert_array_equal(label, classes[j][best])


def test_labels_are_present_with_the_sigmoid_of_their_score(classifier, fitted, iris):
    model = fitted[classifier, "multilabel-indicator"]
    scores = model.decision_function(iris[0])
    np.testing.assert_array_equal(model.predict_proba(iris[0]), sigmoid(scores))
    np.testing.assert_allclose(model.predict_log_proba(iris[0]), -softplus(-scores), atol=1e-15)


def test_logarithms_are_zero_where_probabilities_are_one(classifier, iris, targets_of_each_kind):
    for kind in KINDS[:3]:
        model = classifier((), tol=1.0).fit(iris[0], targets_of_each_kind[kind])
        X = 1e3 * iris[0]
        proba, logs = model.predict_proba(X), model.predict_log_proba(X)
        assert (logs[proba == 1] == 0).all()
        assert (proba == 1).any()


def test_activations_are_what_the_units_say(fitted, iris):
    X, _ = iris
    softmax = {kind: fitted[SoftmaxMLPClassifier, kind] for kind in KINDS}
    sigmoid = {kind: fitted[SigmoidMLPClassifier, kind] for kind in KINDS}
    np.testing.assert_allclose(softmax["multiclass"].predict_activations(X).sum(axis=1), 1)
    sums = sigmoid["multiclass"].predict_activations(X).sum(axis=1)
    assert np.abs(sums - 1).max() > 0.01  # nothing makes them sum to 1
    proba = sigmoid["multiclass"].predict_proba(X)
    activations = sigmoid["multiclass"].predict_activations(X)
    np.testing.assert_allclose(proba, activations / sums[:, None], rtol=1e-12)
    assert softmax["binary"].predict_activations(X).shape == (150, 2)
    assert sigmoid["binary"].predict_activations(X).shape == (150, 1)
    pairs = softmax["multilabel-indicator"].predict_activations(X)
    np.testing.assert_allclose(pairs[:, ::2] + pairs[:, 1::2], 1)
    np.testing.assert_allclose(
        pairs[:, 1::2], softmax["multilabel-indicator"].predict_proba(X), rtol=1e-12
    )
    shapes = [part.shape for part in softmax["multiclass-multioutput"].predict_activations(X)]
    assert shapes == [(150, 3), (150, 2)]
    shapes = [part.shape for part in sigmoid["multiclass-multioutput"].predict_activations(X)]
    assert shapes == [(150, 3), (150, 1)]


@pytest.mark.parametrize("kind", KINDS)
def test_float32_in_float32_out(classifier, kind, fitted, iris):
    model, X = fitted[classifier, kind], iris[0]
    for method in METHODS:
        single = as_list(getattr(model, method)(X.astype(np.float32)))
        double = as_list(getattr(model, method)(X))
        for a, b in zip(single, double, strict=True):
            assert a.dtype == np.float32
            assert b.dtype == np.float64
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    assert model.transform(X.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize(
    "convert",
    [
        sp.csr_array,
        sp.csr_matrix,
        sp.csc_array,
        sp.csc_matrix,
        sp.coo_array,
        np.asfortranarray,
        lambda X: X.astype(np.uint8),
        lambda X: X.astype(object),
        lambda X: X.tolist(),
        lambda X: np.repeat(X, 2, axis=1)[:, ::2],
        lambda X: pd.DataFrame(X, columns=list("abcd")),
        lambda X: pl.DataFrame(X, schema=list("abcd")),
    ],
)
def test_every_container_gives_the_same_model_and_predictions(classifier, convert, iris):
    X = (np.abs(iris[0]) * 3).round()
    y = iris[1]
    model = classifier(5, "tanh", alpha=1.0, tol=0.01, random_state=0)
    expected = model.fit(X, y).predict_proba(X)
    assert model.n_iter_ > 5
    model.fit(convert(X), y)
    np.testing.assert_allclose(model.predict_proba(convert(X)), expected, rtol=1e-3)


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_feature_names_are_kept_and_checked(classifier, frame, iris):
    X, y = iris
    named = frame(dict(zip("abcd", X.T, strict=True)))
    model = classifier(3, tol=1.0).fit(named, y)
    np.testing.assert_array_equal(model.feature_names_in_, list("abcd"))
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame(dict(zip("abce", X.T, strict=True))))


def test_transform_gives_the_last_hidden_layer(classifier, iris):
    X, y = iris
    model = classifier((7, 3), ["tanh", "relu"], tol=1.0, random_state=0).fit(X, y)
    hidden = np.tanh(X @ model.coefs_[0] + model.intercepts_[0])
    hidden = np.maximum(hidden @ model.coefs_[1] + model.intercepts_[1], 0)
    np.testing.assert_allclose(model.transform(X), hidden, rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(model.fit_transform(X, y), model.transform(X))
    prefix = classifier.__name__.lower()
    np.testing.assert_array_equal(
        model.get_feature_names_out(), [f"{prefix}0", f"{prefix}1", f"{prefix}2"]
    )
    model.set_output(transform="pandas")
    assert list(model.transform(X).columns) == [f"{prefix}{i}" for i in range(3)]


def test_transform_without_a_hidden_layer_gives_the_features(classifier, iris):
    X, y = iris
    model = classifier((), tol=1.0).fit(X, y)
    np.testing.assert_array_equal(model.transform(X), X)
    np.testing.assert_array_equal(model.transform(sp.csr_array(X)).toarray(), X)
    assert len(model.get_feature_names_out()) == 4


@pytest.mark.parametrize("kind", KINDS)
def test_score_is_the_share_of_rows_in_which_all_is_right(
    classifier, kind, fitted, iris, targets_of_each_kind
):
    model, y = fitted[classifier, kind], targets_of_each_kind[kind].copy()
    y[:30] = y[:30][::-1]
    y[20:60] = y[60:100]
    right = (model.predict(iris[0]) == y).reshape(150, -1).all(axis=1)
    weight = np.arange(150.0)
    np.testing.assert_allclose(model.score(iris[0], y), right.mean())
    np.testing.assert_allclose(
        model.score(iris[0], y, sample_weight=weight), np.average(right, weights=weight)
    )


def test_the_score_of_several_outputs_checks_its_input(
    classifier, fitted, iris, targets_of_each_kind
):
    model, Y = fitted[classifier, KINDS[3]], targets_of_each_kind[KINDS[3]]
    with pytest.raises(ValueError, match=r"shape of the predictions, \(150, 2\); got \(150, 1\)"):
        model.score(iris[0], Y[:, :1])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.score(iris[0], Y, sample_weight=np.ones(3))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.linspace(-1, 1, 150), "sample_weight must not be negative, got -1"),
        (np.zeros(150), "sample_weight must have a sum of at least"),
        (np.ones((150, 1)), "sample_weight must be 1-d"),
        (np.full(150, np.nan), "sample_weight contains NaN"),
    ],
)
def test_weights_of_a_score_are_checked_like_those_of_fit(
    classifier, kind, weight, message, fitted, iris, targets_of_each_kind
):
    with pytest.raises(ValueError, match=message):
        fitted[classifier, kind].score(iris[0], targets_of_each_kind[kind], sample_weight=weight)


@pytest.mark.filterwarnings("ignore:The y_.* values do not sum to one")  # nor should they
@pytest.mark.parametrize(
    ("scoring", "metric"),
    [
        ("neg_log_loss", lambda Y, p: -log_loss(Y, p)),
        ("roc_auc_ovr", roc_auc_score),
        ("average_precision", average_precision_score),
    ],
)
def test_labels_are_scored_by_their_probabilities(
    classifier, scoring, metric, fitted, iris, targets_of_each_kind
):
    model, Y = fitted[classifier, KINDS[2]], targets_of_each_kind[KINDS[2]]
    scores = getattr(model, "decision_function" if "prec" in scoring else "predict_proba")(iris[0])
    np.testing.assert_allclose(get_scorer(scoring)(model, iris[0], Y), metric(Y, scores))


def test_big_endian_single_precision_is_single_precision(classifier, fitted, iris):
    model = fitted[classifier, "binary"]
    assert model.predict_proba(iris[0].astype(">f4")).dtype == np.float32


@pytest.mark.parametrize("convert", [np.asarray, sp.csr_array])
def test_long_doubles_that_are_too_large_are_refused(classifier, convert, fitted, iris):
    X, y = iris[0].astype(np.longdouble), iris[1] > 0
    model = fitted[classifier, "binary"]
    expected = model.predict_proba(iris[0])
    np.testing.assert_allclose(model.predict_proba(convert(X)), expected, rtol=1e-10)
    X[7, 1] = np.longdouble("1e400")  # infinite where long doubles are doubles
    bad, good = convert(X), convert(iris[0])
    new = classifier(3, alpha=1.0, tol=1.0)
    with pytest.raises(ValueError, match="Input X contains infinity"):
        model.predict_proba(bad)
    with pytest.raises(ValueError, match="Input X contains infinity"):
        new.fit(bad, y)
    with pytest.raises(ValueError, match="Input X_val contains infinity"):
        new.fit(good, y, X_val=bad, y_val=y)


def test_threshold_counts_when_predicting(iris, targets_of_each_kind):
    X, Y = iris[0], targets_of_each_kind["multilabel-indicator"]
    model = SigmoidMLPClassifier(5, tol=1.0, random_state=0).fit(X, Y)
    activations = model.predict_activations(X)
    for threshold in (0.2, [0.1, 0.5, 0.9]):
        model.set_params(threshold=threshold)
        np.testing.assert_array_equal(model.predict(X), activations > np.asarray(threshold))
    model.set_params(threshold=1.5)
    with pytest.raises(ValueError, match="threshold must be in the open interval"):
        model.predict(X)


@pytest.mark.parametrize("n_rows", [1, 3, 50_000])
@pytest.mark.parametrize("method", PREDICTIONS)
def test_predictions_have_the_same_bits_for_any_number_of_threads(
    method, n_rows, fitted, iris, monkeypatch
):
    monkeypatch.setattr(_shards, "THREADING_PAYS", 0)
    model = fitted[SoftmaxMLPClassifier, "multiclass"]
    X = np.resize(iris[0], (n_rows, 4))
    results = []
    for n_threads in (1, 2, 4):
        with threadpool_limits(n_threads, user_api="blas"):
            results.append(getattr(model, method)(X))
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


@pytest.mark.parametrize("method", [*PREDICTIONS, "get_feature_names_out"])
def test_an_estimator_has_to_be_fitted_first(classifier, method, iris):
    call = getattr(classifier(), method)
    with pytest.raises(NotFittedError):
        call(iris[0]) if method != "get_feature_names_out" else call()


@pytest.mark.parametrize("method", PREDICTIONS)
def test_other_numbers_of_features_are_an_error(classifier, method, fitted, iris):
    model = fitted[classifier, "multiclass"]
    with pytest.raises(ValueError, match=r"X has 3 features, but .* is expecting 4"):
        getattr(model, method)(iris[0][:, :3])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_missing_and_infinite_features_are_an_error(classifier, bad, fitted, iris):
    X = iris[0].copy()
    X[7, 2] = bad
    with pytest.raises(ValueError, match=r"X contains (NaN|infinity)"):
        fitted[classifier, "multiclass"].predict(X)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("activation", ["relu", "identity"])
def test_features_whose_outputs_overflow_are_an_error(classifier, activation, dtype, iris):
    X, y = iris
    model = classifier((3, 3), activation, alpha=0.01, random_state=0).fit(X, y)
    X = np.sign(X).astype(dtype) * np.finfo(dtype).max
    for method in (model.predict, model.predict_log_proba, model.transform):
        with pytest.raises(ValueError, match=f"overflow in {np.dtype(dtype)}"):
            method(X)


def test_weights_that_overflow_in_float32_are_an_error(classifier, iris):
    X, y = iris
    X = X * 1e-39
    model = classifier((), alpha=1.0, preconditioner="kronecker", random_state=0).fit(X, y)
    assert abs(model.coefs_[0]).max() > np.finfo(np.float32).max
    with pytest.raises(ValueError, match="too large for the network"):
        model.predict(X.astype(np.float32))
