"""Changes of the data that leave the model as it was.

With the defaults, some change no bit, as small data are sorted and merged before a fit, and as a
power of two scales floating-point numbers without rounding. All others change roundings. They are
compared at a fixed `alpha`, without hidden layers, where there is one minimum: with
``alpha="auto"``, a rounding may decide whether a network has learned enough for the penalty to be
judged, and with hidden layers, which minimum it ends in. The order of features, classes and labels
also decides which rows are held out.
"""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.base import clone

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier
from tests.estimators.helpers import same_fit
from tests.generated.test_fits import fitted

MODELS = st.builds(
    lambda make, sizes, activation, seed: make(sizes, activation, random_state=seed, max_iter=60),
    st.sampled_from([SoftmaxMLPClassifier, SigmoidMLPClassifier]),
    st.sampled_from([(), (3,)]),
    st.sampled_from(["tanh", "relu", "silu"]),
    st.integers(0, 9),
)
EXACT = {"alpha": 1.0, "tol": 1e-6, "max_iter": 10_000}
LINEAR = st.sampled_from([SoftmaxMLPClassifier((), **EXACT), SigmoidMLPClassifier((), **EXACT)])
FEWER = settings(max_examples=settings.default.max_examples // 5)  # as each has two fits
PRECONDITIONED = {"preconditioner": "kronecker"}  # "auto" has none if units are similar


@st.composite
def data(draw, max_rows=40):
    """Features and labels of one or several targets, which depend on them."""
    n_rows = draw(st.integers(8, max_rows))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    X = rng.normal(size=(n_rows, draw(st.integers(1, 4))))
    X = np.round(X * 8) / 8 if draw(st.booleans()) else X  # with ties
    Z = X @ rng.normal(size=(X.shape[1], 3)) + draw(st.sampled_from([0.3, 1, 3])) * rng.normal(
        size=(n_rows, 3)
    )
    Z[:3] = np.eye(3)  # every class occurs
    y = Z.argmax(axis=1) if draw(st.booleans()) else (Z > 0.5).astype(int)
    return X, y


def fit(model, X, y, sample_weight=None):
    return fitted(clone(model), {"X": X, "y": y, "sample_weight": sample_weight})


def assert_close(model, X, y, other_X, other_y, columns=slice(None), atol=1e-4):
    """Compare the predictions of two fits, which end at gradients of less than 1e-6."""
    p = fit(model, X, y).predict_proba(X)[:, columns]
    np.testing.assert_allclose(fit(model, other_X, other_y).predict_proba(other_X), p, atol=atol)


@FEWER
@given(MODELS, data(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_bit(model, data, random):
    X, y = data
    order = np.array(random.sample(range(len(X)), len(X)))
    assert same_fit(fit(model, X, y), fit(model, X[order], y[order]))


@FEWER
@given(MODELS, data(), st.data())
def test_weights_have_the_bits_of_repeats(model, data, draw):
    X, y = data
    weight = draw.draw(hnp.arrays(np.int64, len(X), elements=st.integers(0, 3)))
    weight[:3] = 1
    rows = np.repeat(np.arange(len(X)), weight)
    assert same_fit(fit(model, X, y, weight), fit(model, X[rows], y[rows]))


@FEWER
@given(MODELS, data(), st.data())
def test_a_row_has_the_bits_of_two_of_half_its_weight(model, data, draw):
    X, y = data
    is_split = draw.draw(hnp.arrays(bool, len(X)))
    weight = np.where(is_split, 0.5, 1.0)
    X2, y2 = np.concatenate([X, X[is_split]]), np.concatenate([y, y[is_split]])
    # "auto" takes weights below 1 for shares of fewer rows.
    model.set_params(alpha=1.0)
    other = fit(model, X2, y2, np.concatenate([weight, weight[is_split]]))
    assert same_fit(fit(model, X, y), other)


@FEWER
@given(MODELS, data(), st.integers(-300, -10))
def test_shares_times_a_power_of_two_change_no_bit(model, data, power):
    X, y = data
    # Their sum is less than the number of rows, so they are shares, not counts.
    weight = np.random.default_rng(0).uniform(0.5, 1, len(X)) / 4
    assert same_fit(fit(model, X, y, weight), fit(model, X, y, weight * 2.0**power))


@FEWER
@given(MODELS, data(), st.data())
def test_units_that_are_powers_of_two_change_no_bit_of_the_predictions(model, data, draw):
    X, y = data
    units = 2.0 ** draw.draw(hnp.arrays(np.int64, X.shape[1], elements=st.integers(-40, 40)))
    model = model.set_params(**PRECONDITIONED)
    p, other = (fit(model, Z, y).predict_proba(Z) for Z in (X, X * units))
    np.testing.assert_array_equal(p, other)


@FEWER
@given(LINEAR, data(), st.integers(-1000, 1000))
def test_the_location_of_features_does_not_matter(model, data, shift):
    X, y = data
    assert_close(model, X, y, X + shift, y)


@FEWER
@given(LINEAR, data())
def test_float32_gives_the_predictions_of_float64(model, data):
    X, y = data
    X = X.astype(np.float32)
    model = clone(model).set_params(tol=1e-4)  # what float32 can reach
    assert_close(model, X.astype(np.float64), y, X, y, atol=1e-2)


@FEWER
@given(LINEAR, data(), st.data())
def test_the_order_of_features_does_not_matter(model, data, draw):
    X, y = data
    order = draw.draw(st.permutations(range(X.shape[1])))
    assert_close(model, X, y, X[:, order], y)


@FEWER
@given(LINEAR, data(), st.data())
def test_the_order_of_classes_and_labels_does_not_matter(model, data, draw):
    X, y = data
    order = np.array(draw.draw(st.permutations(range(3))))
    assert_close(model, X, y, X, np.argsort(order)[y] if y.ndim == 1 else y[:, order], order)


@FEWER
@given(LINEAR, data(), st.sampled_from([1e-6, 0.3, 1e6]))
def test_weights_and_penalty_may_have_any_unit(model, data, unit):
    X, y = data
    weight = np.random.default_rng(0).uniform(0.5, 2, len(X))
    p = fit(model, X, y, weight).predict_proba(X)
    other = fit(clone(model).set_params(alpha=unit), X, y, unit * weight).predict_proba(X)
    np.testing.assert_allclose(other, p, atol=1e-4)


@FEWER
@given(LINEAR, data(), st.integers(0, 3))
def test_a_column_may_be_split_into_two_that_share_its_penalty(model, data, column):
    X, y = data
    column %= X.shape[1]
    # Coefficients of w / sqrt(2) for each of two columns x / sqrt(2): the same logits, and, as
    # (w / sqrt(2))^2 twice is w^2, the same penalty.
    half = X[:, [column]] / np.sqrt(2)
    assert_close(model, X, y, np.hstack([np.delete(X, column, axis=1), half, half]), y)
