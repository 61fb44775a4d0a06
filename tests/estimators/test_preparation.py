"""Checks of the arguments of `fit`, and what is built from them."""

import pickle
import warnings

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.exceptions import DataConversionWarning

from skneural import SigmoidMLPClassifier
from skneural._data import stratify as _stratify
from skneural._data.rows import Rows
from skneural._estimators.preparation import prepare, validation_split
from tests.estimators.helpers import same_fit

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
        "X must hold numbers; got dtype datetime",
    ),
    "no rows": (lambda X, y: (X[:0], y[:0]), "0 sample"),
    "no features": (lambda X, y: (X[:, :0], y), "0 feature"),
    "NaN in y": (lambda X, y: (X, np.where(y == 0, np.nan, y)), "Input y contains NaN"),
    "inf in y": (lambda X, y: (X, np.where(y == 0, np.inf, y)), "Input y contains infinity"),
    "continuous y": (lambda X, y: (X, y + 0.5), "Unknown label type: continuous"),
    "object y": (
        lambda X, y: (X, np.array([object()] * len(y))),
        "Labels must be text, booleans or",
    ),
    "structured y": (
        lambda X, y: (X, np.array([(each, 1.0) for each in y], [("event", "?"), ("days", "f8")])),
        "named fields, event, days. Pass one of them, such as y\\['event'\\]",
    ),
    "None in y": (lambda X, y: (X, np.where(y == 0, None, "a")), "NaN|[Uu]nknown label type"),
    "lengths": (lambda X, y: (X, y[:-1]), "inconsistent numbers of samples"),
    "one class": (lambda X, y: (X, np.zeros_like(y)), "only one class, 0; .* at least two"),
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
    ({"activation": ["relu", "relu"]}, ValueError, "a name for each of the 1 hidden layers; got"),
    ({"solver": "adam"}, ValueError, "solver must be one of 'lbfgs', 'newton-cg'; got 'adam'"),
    ({"hidden_layer_sizes": (10, 0)}, ValueError, r"hidden_layer_sizes must be .*got \(10, 0\)"),
    ({"hidden_layer_sizes": -5}, ValueError, "hidden_layer_sizes must be .*got -5"),
    ({"hidden_layer_sizes": 2.5}, ValueError, "hidden_layer_sizes must be .*got 2.5"),
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
    ({"n_jobs": "all"}, TypeError, "n_jobs must be an instance of"),
    ({"n_jobs": 1.5}, TypeError, "n_jobs must be an instance of"),
    ({"verbose": -1}, ValueError, "verbose == -1, must be >= 0"),
    ({"warm_start": "yes"}, ValueError, "warm_start must be True or False, got 'yes'"),
    ({"label_smoothing": 1.0}, ValueError, "label_smoothing == 1.0, must be < 1"),
    ({"label_smoothing": -0.1}, ValueError, "label_smoothing == -0.1, must be >= 0"),
    ({"class_weight": {7: 2.0}}, ValueError, r"not classes: \[7\]; y has \[0, 1, 2\]"),
    ({"class_weight": {0: 0, 1: 0, 2: 0}}, ValueError, "class_weight must have .*sum to 0"),
    ({"class_weight": {0: 10**400}}, ValueError, "class_weight must be finite and not negative"),
    ({"alpha": 1e308}, ValueError, "too small for its dtype, or alpha too large for the sum"),
    ({"random_state": "seed"}, ValueError, "cannot be used to seed"),
    ({"solver": "newton-cg"}, ValueError, "'newton-cg' uses second.*activation='relu' has none"),
]


@pytest.mark.parametrize(("settings", "error", "message"), BAD_SETTINGS, ids=str)
def test_bad_settings_are_an_error_and_leave_a_fitted_estimator_alone(
    classifier, settings, error, message, iris
):
    model = classifier(5, random_state=0, tol=0.01).fit(*iris)
    model.set_params(**settings)
    state = pickle.dumps(model)
    with pytest.raises(error, match=message):
        model.fit(*iris)
    assert pickle.dumps(model) == state


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


def test_a_threshold_that_cannot_be_used_is_an_error(iris):
    with pytest.raises(ValueError, match=r"threshold=0.3 cannot be used.*3 classes"):
        SigmoidMLPClassifier(threshold=0.3).fit(*iris)


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (lambda n: np.where(np.arange(n) == 3, np.nan, 1.0), "sample_weight contains NaN"),
        (lambda n: np.where(np.arange(n) == 3, np.inf, 1.0), "sample_weight contains infinity"),
        (lambda n: np.arange(n) - 1.0, "must not be negative, got -1"),
        (np.zeros, "these weights sum to 0"),
        (lambda n: np.ones(n - 1), "inconsistent numbers of samples"),
        (lambda n: np.full(n, 1e308), "sample_weight must have a finite sum"),
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


def test_one_hot_targets_are_pointed_out(classifier, iris):
    X, y = iris
    one_hot = np.eye(3, dtype=int)[y]
    with pytest.warns(UserWarning, match=r"pass y\.argmax\(axis=1\) instead"):
        classifier(3, tol=1.0).fit(X, one_hot)
    few = slice(None, None, 30)  # by chance, as likely as not
    classifier(3, tol=1.0, max_iter=5, alpha=1.0).fit(X[few], one_hot[few])


def test_a_column_of_labels_is_flattened_with_a_warning(classifier, iris):
    X, y = iris
    with pytest.warns(DataConversionWarning, match="A column-vector y was passed") as caught:
        model = classifier(3, tol=1.0).fit(X, y[:, None])
    assert [one.filename for one in caught] == [__file__]
    assert model.predict(X).shape == (150,)
    with pytest.warns(DataConversionWarning, match="A column-vector y_val was passed") as caught:
        model.fit(X, y, X_val=X, y_val=y[:, None])
    assert [one.filename for one in caught] == [__file__]


def test_sparse_indicators_give_the_fit_of_dense_ones(classifier, iris, targets_of_each_kind):
    X, Y = iris[0], targets_of_each_kind["multilabel-indicator"]
    model = classifier(5, random_state=0, tol=0.01)
    dense = clone(model).fit(X, Y)
    for container in (sp.csr_array, sp.csr_matrix, sp.csc_array):
        assert same_fit(dense, clone(model).fit(X, container(Y)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y_val": None}, "X_val and y_val must be given together"),
        ({"X_val": None, "y_val": None}, "X_val and y_val must be given together"),
        ({"X_val": np.ones((4, 3))}, "3 features, but .* is expecting 4"),
        ({"X_val": np.full((4, 4), np.nan)}, "NaN"),
        ({"y_val": [0, 1, 2]}, "inconsistent numbers of samples"),
        ({"y_val": [0, 1, 2, 7]}, r"y_val has labels that are not classes: \[7\]"),
        ({"y_val": np.eye(4, 3, dtype=int)}, r"class probabilities.*row 3 is \[0, 0, 0\]"),
        ({"y_val": np.ones((4, 2))}, "a row of 3 class probabilities for each sample; got"),
        ({"sample_weight_val": [1, 1]}, "inconsistent numbers of samples"),
        ({"sample_weight_val": [1, 1, -1, 1]}, "sample_weight_val must not be negative"),
        ({"sample_weight_val": [0, 0, 0, 0]}, "sample_weight_val must have a sum of at least"),
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


# --- The validation split ------------------------------------------------------------------


@pytest.mark.parametrize("n_targets", [1, 3])
def test_a_validation_split_has_every_row_once(n_targets):
    codes = np.random.default_rng(0).integers(4, size=(150, n_targets))
    data = Rows(np.arange(150.0)[:, None], codes, np.ones(150))
    trained, held_out = validation_split(data, 0.2, np.random.RandomState(0))
    everything = slice(None)
    numbers = [part.features(everything).ravel() for part in (trained, held_out)]
    np.testing.assert_array_equal(np.sort(np.concatenate(numbers)), np.arange(150))
    assert held_out.n_rows == 30
    if n_targets == 1:
        counts = [
            np.bincount(part.labels_and_weights(everything)[0][:, 0]) for part in (data, held_out)
        ]
        np.testing.assert_allclose(counts[1], 0.2 * counts[0], atol=1)


@pytest.mark.parametrize("fraction", [1e-9, 1e-6, 0.5, 0.999])
def test_a_split_of_many_rows_leaves_none_of_its_parts_empty(fraction, monkeypatch):
    monkeypatch.setattr(_stratify, "MOST_BLOCKS", 300)  # blocks of 11 rows, the last of 9
    data = Rows(np.arange(3199.0)[:, None], np.zeros((3199, 1), dtype=int), np.ones(3199))
    for seed in range(5):
        parts = validation_split(data, fraction, np.random.RandomState(seed))
        numbers = [part.features(slice(None)).ravel() for part in parts]
        np.testing.assert_array_equal(np.sort(np.concatenate(numbers)), np.arange(3199))
        assert all(map(len, numbers))
        assert abs(len(numbers[1]) - fraction * 3199) <= 11


def prepared(model, X, y, weight=None, fitted_targets=None):
    """The network, data and settings of a fit."""
    arguments = X, y, weight, None, (None, None, None)
    return prepare(model, model._make_output, fitted_targets, *arguments)


def rows_of(data):
    """Features and labels of all rows, in an order of their own."""
    blocks = list(data.blocks())
    X = np.concatenate([data.features(block) for block in blocks])
    labels = np.concatenate([data.labels_and_weights(block)[0] for block in blocks])
    table = np.column_stack([X, labels])
    return table[np.lexsort(table.T)]


def test_the_split_holds_the_classes_in_proportion(classifier, iris):
    X, y = iris
    labels = np.where(np.arange(150) == 77, 9, y)
    model = classifier(5, early_stopping=True, validation_fraction=0.2, random_state=0)
    fit = prepared(model, X, labels)
    trained, held_out = rows_of(fit.rows)[:, -1], rows_of(fit.validation_rows)[:, -1]
    assert len(held_out) == 30
    np.testing.assert_array_equal(np.unique(trained), [0, 1, 2, 3])
    # A class with a single row stays with the rows that are trained on.
    np.testing.assert_allclose(np.bincount(held_out.astype(int)), [10, 10, 10], atol=1)


def test_the_split_depends_neither_on_the_number_of_runs_nor_on_a_warm_start(classifier, iris):
    def held_out(n_init, fitted_targets=None):
        model = classifier(5, early_stopping=True, n_init=n_init, random_state=0)
        model.coefs_, model.intercepts_ = (
            [np.zeros((4, 5)), np.zeros((5, 3))],
            [np.zeros(5), np.zeros(3)],
        )
        fit = prepared(model, *iris, fitted_targets=fitted_targets)
        assert len(fit.seeds) == (n_init if fitted_targets is None else 1)
        return fit.targets, rows_of(fit.validation_rows)

    targets, rows = held_out(1)
    np.testing.assert_array_equal(held_out(5)[1], rows)
    np.testing.assert_array_equal(held_out(5, targets)[1], rows)


def test_a_repeated_row_is_on_one_side_of_the_split_only(classifier, iris):
    X, y = iris
    weight = np.arange(150) % 4
    repeats = np.random.default_rng(0).permutation(np.repeat(np.arange(150), weight))
    model = classifier(5, early_stopping=True, random_state=0)
    once, again = prepared(model, X, y, weight), prepared(model, X[repeats], y[repeats])
    for a, b in ((once.rows, again.rows), (once.validation_rows, again.validation_rows)):
        np.testing.assert_array_equal(rows_of(a), rows_of(b))
        np.testing.assert_array_equal(a.all_weights(), b.all_weights())
    trained, held_out = (
        set(map(tuple, rows_of(part))) for part in (again.rows, again.validation_rows)
    )
    assert not trained & held_out


@pytest.mark.parametrize("n_init", [1, 2])
def test_zero_jobs_are_an_error_whatever_the_number_of_runs(classifier, n_init, iris):
    with pytest.raises(ValueError, match="n_jobs must not be 0"):
        classifier(3, n_init=n_init, n_jobs=0).fit(*iris)
