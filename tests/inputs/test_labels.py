"""Labels in any container and of any type."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp

from skneural._inputs.labels import check_labels, label_columns

NAMES = np.array(["setosa", "versicolor", "virginica"])


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("Int64", "int64"),
        ("UInt8", "uint8"),
        ("boolean", "bool"),
        ("int64[pyarrow]", "int64"),
        ("bool[pyarrow]", "bool"),
        ("category", "int64"),
        ("object", "int64"),
    ],
)
@pytest.mark.parametrize("missing_labels", ["error", "ignore"])
def test_predictions_are_classes_as_they_were_given(
    classifier, dtype, expected, missing_labels, iris
):
    X, y = iris
    y = pd.Series(y == 1 if expected == "bool" else y).astype(dtype)
    model = classifier((), alpha=1.0, tol=1e-2, missing_labels=missing_labels)
    model.fit(X, y, X_val=X, y_val=y)
    plain = np.array(y.tolist()).astype(expected)
    for labels in (model.classes_, model.predict(X)):
        assert labels.dtype == expected
        assert set(labels) == set(plain)
    assert model.score(X, y) == model.score(X, plain)


def test_large_integers_of_pandas_stay_different():
    y = pd.Series([2**60, 2**60 + 1], dtype="Int64")
    assert check_labels(y, "y").tolist() == y.tolist()


@pytest.mark.parametrize(
    "y",
    [
        pd.Series(NAMES, dtype="string"),
        pd.Series(NAMES, dtype="category"),
        pl.Series(NAMES),
        pa.array(NAMES),
        NAMES.astype(object),
        NAMES.tolist(),
        NAMES.astype(np.dtypes.StringDType()),
    ],
    ids=lambda y: f"{type(y).__module__} {getattr(y, 'dtype', '')}",
)
def test_text_stays_text(y):
    labels = check_labels(y, "y")
    np.testing.assert_array_equal(labels, NAMES)
    assert labels.dtype.kind in "UO"


@pytest.mark.parametrize(
    "convert",
    [
        lambda Y: Y.astype(object),
        lambda Y: Y.astype(float).astype(object),
        lambda Y: (Y == 1).astype(object),
        lambda Y: Y == 1,
        lambda Y: Y.tolist(),
        pd.DataFrame,
        lambda Y: pd.DataFrame(Y).astype(object),
        lambda Y: pd.DataFrame(Y).astype("Int64"),
        lambda Y: pd.DataFrame(Y).astype({0: bool, 1: object, 2: "boolean"}),
        lambda Y: pl.DataFrame(Y == 1),
    ],
    ids=[
        "objects",
        "objects of floats",
        "objects of booleans",
        "booleans",
        "list",
        "frame",
        "frame of objects",
        "frame of Int64",
        "frame of several types",
        "polars",
    ],
)
@pytest.mark.parametrize("missing_labels", ["error", "ignore"])
def test_an_indicator_is_one_in_any_type(
    classifier, convert, missing_labels, iris, targets_of_each_kind
):
    X, Y = iris[0], targets_of_each_kind["multilabel-indicator"]
    model = classifier((), alpha=1.0, tol=1e-2, random_state=0, missing_labels=missing_labels)
    plain = model.fit(X, Y, X_val=X, y_val=Y).coefs_[0]
    given = convert(Y)
    model.fit(X, given, X_val=X, y_val=given)
    np.testing.assert_array_equal(model.coefs_[0], plain)
    np.testing.assert_array_equal(model.classes_, [0, 1, 2])
    assert model.score(X, given) == model.score(X, Y)


@pytest.mark.parametrize("number", ["int64", "bool", "Int64"])
@pytest.mark.parametrize(
    "convert",
    [lambda y: y, lambda y: y.to_numpy(), lambda y: y.to_numpy().tolist(), pl.from_pandas],
    ids=["frame", "objects", "list", "polars"],
)
def test_columns_of_text_and_numbers_are_outputs_of_their_own_type(
    classifier, convert, number, iris
):
    X, y = iris
    names = NAMES[y]
    numbers = pd.Series(y == 1 if number == "bool" else y, dtype=number)
    given = convert(pd.DataFrame({"name": names.astype(object), "number": numbers}))
    plain = np.array(numbers.tolist())
    model = classifier((), alpha=1.0, tol=1e-2, class_weight="balanced")
    model.fit(X, given, X_val=X, y_val=given)
    assert model.classes_[0].tolist() == NAMES.tolist()
    assert model.classes_[1].dtype == plain.dtype
    predicted = model.predict(X)
    assert set(predicted[:, 1]) == set(plain)
    assert isinstance(predicted[0, 1], bool if number == "bool" else int)
    right = (predicted[:, 0] == names) & (predicted[:, 1] == plain)
    assert model.score(X, given) == right.mean() > 0.5


def test_such_columns_may_have_many_rows():
    y = pd.DataFrame({"name": np.resize(NAMES, 70_000), "number": np.arange(70_000) % 5})
    names, numbers = label_columns(check_labels(y, "y"))
    assert set(names) == set(NAMES)
    assert numbers.dtype == np.int64


INTERVALS = pd.cut(np.arange(6.0), 3)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (INTERVALS, r"text, booleans or numbers.*y has Interval\(.*, a Interval.*y\.astype\(str\)"),
        (pd.DataFrame({"a": INTERVALS, "b": range(6)}), "y has Interval"),
        ([10**30, 0], "numbers of at most 64 bits; y has 1000"),
        (["a", 1], "all text or all numbers; y has both, such as 'a' and 1"),
        ([["a", 1], [1, 2]], "all text or all numbers; y has both, such as 'a' and 1"),
        (["a", float("nan")], "y contains NaN or None"),
        (np.array([1, None], dtype=object), "y contains NaN or None"),
        (pd.DataFrame({"a": ["b", "c"], "b": [0, np.nan]}), "y contains NaN.*missing_labels="),
        (pl.Series([["a"], ["b", "c"]]), "y has a list of labels for a row.*MultiLabelBinarizer"),
        (pd.Series([["a"], ["b"]]), "y has a list of labels for a row.*MultiLabelBinarizer"),
        (sp.coo_array(np.array([0, 1])), r"A sparse y must be a .*got shape \(2,\).*y\.toarray"),
        (sp.csr_array(np.array([[0], [1]])), r"A sparse y must be a .*got shape \(2, 1\)"),
    ],
    ids=lambda value: f"{type(value).__module__} {str(value)[:10]}",
)
def test_what_is_no_label_is_a_clear_error(y, message):
    with pytest.raises(ValueError, match=message):
        check_labels(y, "y")


def test_intervals_as_text_are_labels(classifier, iris):
    X, _ = iris
    y = pd.cut(X[:, 0], 3).astype(str)
    assert set(classifier((), alpha=1.0, tol=1e-2).fit(X, y).predict(X)) <= set(y)


def test_columns_beside_text_cannot_have_missing_labels():
    y = pd.DataFrame({"a": ["b", "c"], "b": [0, np.nan]})
    with pytest.raises(ValueError, match=r"Only a multilabel y.*y has a column of text"):
        check_labels(y, "y", may_be_missing=True)


def test_columns_of_validation_data_must_be_in_the_order_of_the_labels(
    classifier, iris, targets_of_each_kind
):
    X, Y = iris[0], pd.DataFrame(targets_of_each_kind["multilabel-indicator"], columns=list("abc"))
    with pytest.raises(ValueError, match=r"columns of y_val must be in the order \['a', 'b', 'c'"):
        classifier().fit(X, Y, X_val=X, y_val=Y[list("bac")])


def test_text_cannot_be_scored_as_numbers(classifier, iris):
    X, y = iris
    Y = np.column_stack([y, y == 1])
    model = classifier((), alpha=1.0, tol=1e-1).fit(X, Y)
    with pytest.raises(ValueError, match="all text or all numbers; y has both, such as '0' and 0"):
        model.score(X, Y.astype(str))
