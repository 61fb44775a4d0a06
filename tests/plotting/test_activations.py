import numpy as np
import pytest

from skneural import ActivationsDisplay, SoftmaxMLPClassifier


def test_activations_of_each_kind_of_target(
    kind, fitted, iris, targets_of_each_kind, texts, unit_names
):
    X, y = iris[0][::15], targets_of_each_kind[kind][::15]
    model = fitted(kind)
    display = ActivationsDisplay.from_estimator(model, X, y)
    activations = model.predict_activations(X)
    activations = np.hstack(activations) if isinstance(activations, list) else activations
    np.testing.assert_array_equal(display.im_.get_array(), activations)
    assert display.im_.get_clim() == (0, 1)
    names = unit_names(model, kind)
    assert texts(display.ax_.get_xticklabels()) == [*names, "sum"]
    assert ActivationsDisplay.from_estimator(model, X[:1]).unit_names == names
    assert [text.get_text() for text in display.text_.ravel()] == [
        f"{value:.2f}" for value in activations.ravel()
    ]
    assert texts(display.sum_text_) == [f"{value:.2f}" for value in activations.sum(axis=1)]
    if model.out_activation_ == "softmax":
        n_targets = y.shape[1] if y.ndim == 2 else 1
        assert set(texts(display.sum_text_)) == {f"{n_targets}.00"}


def test_frames_are_around_the_units_that_should_be_one(kind, fitted, iris, targets_of_each_kind):
    X, y = iris[0][::15], targets_of_each_kind[kind][::15]
    model = fitted(kind)
    display = ActivationsDisplay.from_estimator(model, X, y)
    is_sigmoid = model.out_activation_ == "logistic"
    columns = {
        "binary": [y == value for value in ([True] if is_sigmoid else [False, True])],
        "multiclass": [y == name for name in ("setosa", "versicolor", "virginica")],
    }
    if kind == "multilabel-indicator":
        expected = y == 1 if is_sigmoid else np.stack([y == 0, y == 1], axis=2).reshape(10, 6)
    elif kind == "multiclass-multioutput":
        names = [name.split(": ") for name in display.unit_names]
        expected = np.column_stack([y[:, int(output[-1])] == name for output, name in names])
    else:
        expected = np.column_stack(columns[kind])
    np.testing.assert_array_equal(display.is_true, expected)
    centers = [path.vertices[:4].mean(axis=0) for path in display.true_.get_paths()]
    rows, columns = np.nonzero(expected)
    np.testing.assert_allclose(centers, np.column_stack([columns, rows]), atol=1e-9)


def test_rows_are_named_after_their_labels(kind, fitted, iris, targets_of_each_kind, texts):
    X, y = iris[0][::15], targets_of_each_kind[kind][::15]
    names = {
        "binary": ["no", "yes"],
        "multiclass": ["se", "ve", "vi"],
        "multilabel-indicator": ["a", "b", "c"],
        "multiclass-multioutput": [["se", "ve", "vi"], ["l", "s"]],
    }[kind]
    display = ActivationsDisplay.from_estimator(fitted(kind), X, y, display_labels=names)
    assert texts(display.ax_.get_yticklabels()) == display.sample_names
    assert display.ax_.get_ylabel() == "true label"
    name_of = {
        "binary": lambda label: names[int(label)],
        "multiclass": lambda label: label[:2],
        "multilabel-indicator": lambda row: ", ".join(np.array(names)[row == 1]) or "none",
        "multiclass-multioutput": lambda row: f"{row[0][:2]}, {row[1][0]}",
    }[kind]
    assert display.sample_names == [name_of(row) for row in y]
    assert len(set(display.sample_names)) > 1


def test_missing_labels_have_no_frame():
    activations = np.full((2, 4), 0.5)
    Y = np.array([[1.0, np.nan], [0.0, 1.0]])
    display = ActivationsDisplay.from_predictions(activations, Y)
    np.testing.assert_array_equal(display.is_true, [[0, 1, 0, 0], [1, 0, 0, 1]])
    assert display.sample_names == ["0", "1"]
    y = np.array(["a", None], dtype=object)
    display = ActivationsDisplay.from_predictions(activations[:, :2], y, classes=["a", "b"])
    np.testing.assert_array_equal(display.is_true, [[1, 0], [0, 0]])
    assert display.sample_names == ["a", "?"]


def test_activations_that_do_not_fit_are_refused():
    good = np.full((3, 3), 0.5)
    draw = ActivationsDisplay.from_predictions
    with pytest.raises(ValueError, match=r"in \[0, 1\].*got values from 0.5 to 2.5"):
        draw(good + 2 * np.eye(3))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        draw(good, [0, 1])
    with pytest.raises(ValueError, match=r"not classes: \[7\]; the classes are \[0, 1, 2\]"):
        draw(good, [0, 1, 7])
    with pytest.raises(ValueError, match=r"not classes: \['x'\]"):
        draw(good, ["a", "b", "x"], classes=["a", "b", "c"])
    with pytest.raises(ValueError, match=r"not classes: \[2\]"):
        draw(good, np.diag([1, 1, 2]))
    with pytest.raises(ValueError, match=r"\[3\] classes and \[2\] names"):
        draw(good, classes=[1, 2, 3], display_labels=["a", "b"])
    with pytest.raises(ValueError, match="a column for each of the 3 labels; got 2"):
        draw(good, np.eye(3)[:, :2], classes=[1, 2, 3])
    with pytest.raises(ValueError, match="3 output units cannot stand for 2 names"):
        draw(good, np.eye(3)[:, :2])
    with pytest.raises(ValueError, match="a column for each of the 2 outputs; got 1"):
        draw([good, good], [0, 1, 2])
    with pytest.raises(ValueError, match=r"classes for each of the 2 outputs; got 1"):
        draw([good, good], classes=[[0, 1, 2]])


def test_errors_name_the_argument_and_what_it_has_to_be(iris):
    X, y = iris
    model = SoftmaxMLPClassifier((), tol=0.1).fit(X, y)
    with pytest.raises(ValueError, match=r"^y has labels that are not classes"):
        ActivationsDisplay.from_estimator(model, X[:2], ["a", "b"])
    draw, some = ActivationsDisplay.from_predictions, np.full((2, 2), 0.5)
    with pytest.raises(ValueError, match=r"^y_true has labels that are not classes"):
        draw(some, ["a", "b"])
    for empty in ([], [[]], np.empty((0, 2)), [some[:0], some[:0]], [some, some[:, :0]]):
        with pytest.raises(ValueError, match=r"^activations must have a row.*; got shape \("):
            draw(empty)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        draw([some, some[:1]])
    with pytest.raises(ValueError, match=r"classes must be a list with those.*got \[0, 1\]"):
        draw([some, some], classes=[0, 1])
    with pytest.raises(ValueError, match="classes must be a list; got 2"):
        draw(some, classes=2)
    with pytest.raises(ValueError, match="display_labels must be a list; got 'ab'"):
        draw(some, display_labels="ab")
