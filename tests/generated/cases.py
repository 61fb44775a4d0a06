"""Cases for a fit: the same problem as a user passes it, and as the reference sees it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier
from tests.generated import containers
from tests.generated.reference import ACTIVATIONS, Problem

LABELS = [  # classes by name, in sorted order
    np.array([0, 1, 2, 3]),
    np.array([-7, 2, 3, 10**12]),
    np.array([1, 2, 3, 4], dtype=np.uint8),
    np.array([0.0, 1.0, 2.0, 3.0]),
    np.array([0.0, 1.0, 2.0, 3.0], dtype=np.float32),
    np.array(["", "a", "b c", "ä"]),
    np.array([False, True]),
]
DTYPES = [
    "bool",
    "int8",
    "uint8",
    "int32",
    "int64",
    "uint64",
    "float16",
    "float32",
    "float64",
    "longdouble",
]


@dataclass
class Case:
    """A classifier, the arguments of its `fit`, and the problem that they state."""

    model: Any
    arguments: dict
    problem: Problem
    classes: list
    is_float32: bool


@st.composite
def features(draw, n_rows):
    """Features in some container, and as an array of float64."""
    shape = n_rows, draw(st.integers(1, 3))
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    X = draw(hnp.arrays(np.int64, shape, elements=st.integers(-9, 9), fill=st.nothing()))
    if dtype.kind in "bu":
        X = abs(X) if dtype.kind == "u" else X > 0
    X = X.astype(dtype)
    if dtype.kind == "f":
        X *= dtype.type(draw(st.sampled_from([0.125, 1, 3.7])))
    choices = [*containers.ARRAYS]
    if dtype != np.longdouble:  # a list of these is one of objects; the rest do not know them
        choices += [*containers.LISTS, *containers.FRAMES, containers.foreign]
        choices += [lambda X: X.astype(object)]
    if dtype not in (np.longdouble, np.float16):
        choices += containers.SPARSE
    convert = draw(st.sampled_from(choices))
    return convert(X), X.astype(np.float64), dtype == np.float32


@st.composite
def codes(draw, n_rows, n_classes):
    """Numbers of classes, with each class in the first rows."""
    each = draw(hnp.arrays(np.int64, n_rows, elements=st.integers(0, n_classes - 1)))
    each[:n_classes] = np.arange(n_classes)
    return each


@st.composite
def single_label(draw, n_rows):
    names = draw(st.sampled_from(LABELS))
    k = draw(st.integers(2, len(names)))
    y = draw(codes(n_rows, k))
    convert = draw(st.sampled_from(containers.COLUMNS))
    return {"y": convert(names[y])}, [np.eye(k)[y]], [names[:k]], {}


@st.composite
def soft_labels(draw, n_rows):
    names = draw(st.sampled_from(LABELS))
    k = draw(st.integers(2, len(names)))
    votes = draw(hnp.arrays(np.float64, (n_rows, k), elements=st.integers(0, 4)))
    votes += np.eye(k)[np.arange(n_rows) % k]
    shares = votes / votes.sum(axis=1, keepdims=True)
    convert = draw(st.sampled_from([np.array, np.asfortranarray, np.ndarray.tolist, pd.DataFrame]))
    classes = draw(st.sampled_from([np.array, np.ndarray.tolist]))(names[:k])
    return {"y": convert(shares), "classes": classes}, [shares], [names[:k]], {}


@st.composite
def several_labels(draw, n_rows):
    """An indicator; some of its labels may be missing."""
    n_labels = draw(st.integers(2, 3))
    Y = draw(hnp.arrays(np.int64, (n_rows, n_labels), elements=st.integers(0, 1)))
    Y[0], Y[1, 0] = 0, 1
    shares = [np.eye(2)[column] for column in Y.T]
    if draw(st.booleans()):
        dtype = draw(st.sampled_from([int, bool, float, np.uint8, np.float32]))
        choices = [*containers.ARRAYS, *containers.LISTS, *containers.FRAMES, *containers.SPARSE]
        return (
            {"y": draw(st.sampled_from(choices))(Y.astype(dtype))},
            shares,
            [np.arange(2)] * n_labels,
            {},
        )
    missing = draw(hnp.arrays(bool, Y.shape))
    missing[0] = missing[1, 0] = False
    for share, column in zip(shares, missing.T, strict=True):
        share[column] = 0
    convert = draw(st.sampled_from([*containers.ARRAYS, *containers.LISTS, *containers.FRAMES]))
    y = convert(np.where(missing, np.nan, Y))
    return {"y": y}, shares, [np.arange(2)] * n_labels, {"missing_labels": "ignore"}


@st.composite
def several_outputs(draw, n_rows):
    names = draw(st.sampled_from([each for each in LABELS if len(each) == 4]))
    sizes = [3, *draw(st.lists(st.integers(1, 4), min_size=1, max_size=2))]
    columns = [draw(codes(n_rows, k)) for k in sizes]
    Y = np.column_stack([names[column] for column in columns])
    choices = [*containers.ARRAYS, *containers.LISTS, *containers.FRAMES]
    choices += [lambda Y: Y.astype(object)] if names.dtype.kind == "U" else []
    y = draw(st.sampled_from(choices))(Y)
    shares = [np.eye(k)[column] for k, column in zip(sizes, columns, strict=True)]
    return {"y": y}, shares, [names[:k] for k in sizes], {}


@st.composite
def sample_weights(draw, n_rows):
    """Weights, of which the first is positive, and the same as an array."""
    if draw(st.booleans()):
        return {}, np.ones(n_rows)
    weight = draw(hnp.arrays(np.int64, n_rows, elements=st.integers(0, 4))).astype(float)
    weight[0] = 1
    weight *= draw(st.sampled_from([1, 1, 1, 0.1, 1e-4, 1e6]))
    whole = [lambda w: w.astype(int)] if (weight == weight.astype(int)).all() else []
    convert = draw(st.sampled_from([*containers.COLUMNS, *whole]))
    return {"sample_weight": convert(weight)}, weight


@st.composite
def class_weights(draw, shares, names, weight):
    """A `class_weight`, and the weights of the classes of each target by its definition."""
    ones = [np.ones(share.shape[1]) for share in shares]
    choice = draw(st.sampled_from([None, None, "balanced", "dict"]))
    if choice is None:
        return None, ones
    if choice == "balanced":
        totals = [(weight[:, None] * share).sum(axis=0) for share in shares]
        occur = [total > 0 for total in totals]
        return choice, [
            np.divide(t.sum(), o.sum() * t, out=np.zeros(len(t)), where=o)
            for t, o in zip(totals, occur, strict=True)
        ]
    tables = []
    for each, known in zip(ones, names, strict=True):
        each[:] = draw(hnp.arrays(float, len(each), elements=st.sampled_from([1.0, 0.5, 2.0, 30])))
        kept = draw(hnp.arrays(bool, len(each)))
        each[~kept] = 1
        tables.append({known[k].item(): each[k] for k in np.flatnonzero(kept)})
    return (tables if len(tables) > 1 else tables[0]), ones


@st.composite
def cases(draw, kinds=(single_label, soft_labels, several_labels, several_outputs)):
    """A case of any kind that is valid."""
    n_rows = draw(st.integers(4, 12))
    given, X, is_float32 = draw(features(n_rows))
    labels, shares, names, parameters = draw(draw(st.sampled_from(kinds))(n_rows))
    weights, weight = draw(sample_weights(n_rows))
    class_weight, of_class = draw(class_weights(shares, names, weight))
    make = draw(st.sampled_from([SoftmaxMLPClassifier, SigmoidMLPClassifier]))
    activation = draw(st.sampled_from(sorted(ACTIVATIONS)))
    sizes = draw(st.sampled_from([(), 1, (3,), [2, 2], np.array([2])]))
    solver = "lbfgs" if activation == "relu" else draw(st.sampled_from(["lbfgs", "newton-cg"]))
    parameters |= {
        "hidden_layer_sizes": sizes,
        "activation": activation,
        "alpha": draw(st.sampled_from([0, 0.01, 1.0, np.float32(4), 1e4])),
        "solver": solver,
        "preconditioner": draw(st.sampled_from(["auto", "kronecker", "diagonal", None])),
        "max_iter": draw(st.sampled_from([1, 20, 200])),
        "tol": draw(st.sampled_from(["auto", 0.1, 1e-6])),
        "class_weight": class_weight,
        "label_smoothing": draw(st.sampled_from([0.0, 0.0, 0.2])),
        "n_init": draw(st.sampled_from([1, 1, 2])),
        "random_state": draw(st.integers(0, 9)),
    }
    problem = Problem(
        "softmax" if make is SoftmaxMLPClassifier else "logistic",
        activation,
        float(parameters["alpha"]),
        X,
        shares,
        weight,
        of_class,
        parameters["label_smoothing"],
    )
    arguments = {"X": given, **labels, **weights}
    return Case(make(**parameters), arguments, problem, names, is_float32)
