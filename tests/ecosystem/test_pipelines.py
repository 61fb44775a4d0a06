"""Both classifiers as steps of pipelines: columns, and names of features."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.datasets import load_digits, load_wine
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


@pytest.fixture(scope="module")
def wine_frame():
    """Wine as a data frame: twelve numbers, and alcohol as words."""
    frame, y = load_wine(return_X_y=True, as_frame=True)
    bands = pd.cut(frame["alcohol"], 3, labels=["light", "medium", "strong"])
    return frame.assign(alcohol=bands.astype(str)), y.to_numpy()


def by_columns(network):
    """A pipeline that scales numbers, encodes words and then classifies."""
    columns = ColumnTransformer(
        [
            ("numbers", StandardScaler(), make_column_selector(dtype_include="number")),
            ("words", OneHotEncoder(), ["alcohol"]),
        ]
    )
    return make_pipeline(columns, network)


# --- Pipeline ------------------------------------------------------------------------------


def test_a_pipeline_does_what_its_steps_do_by_hand(network):
    X_train, X_test, y_train, y_test = train_test_split(
        *load_digits(return_X_y=True), random_state=0
    )
    scaler, pca = StandardScaler(), PCA(30, random_state=0)
    pipeline = Pipeline([("scale", clone(scaler)), ("reduce", clone(pca)), ("network", network)])
    pipeline.fit(X_train, y_train)
    Z = pca.fit_transform(scaler.fit_transform(X_train))
    by_hand = clone(network).fit(Z, y_train)
    Z_test = pca.transform(scaler.transform(X_test))
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        expected = getattr(by_hand, method)(Z_test)
        np.testing.assert_array_equal(getattr(pipeline, method)(X_test), expected)
    assert pipeline.score(X_test, y_test) > 0.93
    assert pipeline.classes_.tolist() == list(range(10))
    assert pipeline.n_features_in_ == 64


def test_a_pipeline_sets_parameters_and_passes_validation_data_to_fit(network, cancer):
    X, y = cancer
    name = type(network).__name__.lower()
    pipeline = make_pipeline(network).set_params(**{f"{name}__alpha": 3.0})
    pipeline.fit(X[:400], y[:400], **{f"{name}__X_val": X[400:], f"{name}__y_val": y[400:]})
    assert pipeline[-1].alpha_.tolist() == [3.0, 3.0]
    expected = log_loss(y[400:], pipeline.predict_proba(X[400:]))
    np.testing.assert_allclose(pipeline[-1].validation_losses_[-1], expected)


def test_a_pipeline_keeps_the_last_hidden_layer_as_features(network, digits):
    X, y = digits
    pipeline = make_pipeline(network, LogisticRegression()).fit(X[:900], y[:900])
    assert pipeline[-1].n_features_in_ == 10
    assert pipeline.score(X[900:], y[900:]) > 0.85


# --- ColumnTransformer ---------------------------------------------------------------------


def test_columns_of_numbers_and_words_are_classified(network, wine_frame):
    assert cross_val_score(by_columns(network), *wine_frame, cv=3).mean() > 0.95


def test_columns_are_found_by_name_wherever_they_stand(network, wine_frame):
    frame, y = wine_frame
    pipeline = by_columns(network).fit(frame, y)
    turned = frame[frame.columns[::-1]]
    np.testing.assert_array_equal(pipeline.predict_proba(turned), pipeline.predict_proba(frame))


def test_sparse_columns_give_the_fit_of_dense_ones(network, wine_frame):
    frame, y = wine_frame
    sparse, dense = by_columns(network), by_columns(clone(network))
    sparse.set_params(columntransformer__sparse_threshold=1.0).fit(frame, y)
    dense.set_params(columntransformer__sparse_threshold=0.0).fit(frame, y)
    assert sp.issparse(sparse[0].transform(frame))
    np.testing.assert_allclose(sparse.predict_proba(frame), dense.predict_proba(frame), atol=1e-6)


def test_a_network_among_the_columns_gives_named_hidden_features(network, wine):
    X, y = wine
    frame = pd.DataFrame(X, columns=load_wine().feature_names)
    columns = ColumnTransformer(
        [("hidden", network, ["alcohol", "hue", "proline"]), ("rest", "passthrough", ["ash"])]
    ).set_output(transform="pandas")
    features = columns.fit_transform(frame, y)
    name = type(network).__name__.lower()
    assert list(features) == [*(f"hidden__{name}{i}" for i in range(10)), "rest__ash"]
    alone = clone(network).fit(frame[["alcohol", "hue", "proline"]], y)
    expected = alone.transform(frame[["alcohol", "hue", "proline"]])
    np.testing.assert_allclose(features.iloc[:, :10], expected, atol=1e-6)


# --- set_output ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("container", "kind"), [("pandas", pd.DataFrame), ("polars", pl.DataFrame)]
)
def test_hidden_features_have_names_in_data_frames_of(container, kind, network, wine):
    X, y = wine
    frame = kind({name: X[:, j] for j, name in enumerate(load_wine().feature_names)})
    pipeline = make_pipeline(StandardScaler(), network, LogisticRegression())
    plain = clone(pipeline).fit(frame, y)
    pipeline.set_output(transform=container).fit(frame, y)
    names = [f"{type(network).__name__.lower()}{i}" for i in range(10)]
    hidden = pipeline[:-1].transform(frame)
    assert isinstance(hidden, kind)
    assert list(hidden.columns) == names
    assert pipeline[:-1].get_feature_names_out().tolist() == names
    assert pipeline[-1].feature_names_in_.tolist() == names
    assert pipeline[1].feature_names_in_.tolist() == load_wine().feature_names
    np.testing.assert_allclose(hidden.to_numpy(), plain[:-1].transform(frame), atol=1e-6)
    expected = plain.predict_proba(frame)
    np.testing.assert_allclose(pipeline.predict_proba(frame), expected, atol=1e-6)


def test_data_frames_keep_their_index(network, wine):
    X, y = wine
    frame = pd.DataFrame(X, index=[f"bottle {i}" for i in range(len(X))])
    hidden = network.set_output(transform="pandas").fit(frame, y).transform(frame)
    assert hidden.index.equals(frame.index)
