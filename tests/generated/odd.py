"""Values that users pass by mistake, for each argument of `fit` and each parameter."""

import decimal
import fractions

import numpy as np
import pandas as pd
import scipy.sparse as sp


def argument_values(n_rows):
    """Odd values of each argument, for data of so many rows."""
    X, y = np.linspace(-1, 1, 2 * n_rows).reshape(-1, 2), np.arange(n_rows) % 3
    huge = np.where(y > 0, np.inf, 1)
    hole = np.where(y == 1, np.nan, y)
    return {
        "X": [
            *(None, 3, "text", [], [[]], {"a": 1}, object(), iter(X), range(n_rows), b"abc"),
            *(X[:0], X[:, :0], X[0], X[:, 0], X[None], X[:-1], X + 0j, X * np.inf, X * 1e200),
            *(X.astype(str), X.astype("M8[s]"), X.astype(np.float16), X.astype("V3"), X > 9),
            *(np.where(X > 0, np.nan, X), np.full_like(X, 1e300), np.ma.masked_array(X, X > 0)),
            *([[1, 2], [3]], [[1, "a"]] * n_rows, [[None, 1]] * n_rows, [[10**400, 1]] * n_rows),
            *([[decimal.Decimal(1), 2]] * n_rows, [[fractions.Fraction(1, 2)]] * n_rows),
            *(sp.csr_array(X + 0j), sp.csr_array(X * np.nan), sp.csr_array(X.shape)),
            *(sp.csr_array(X[:0]), sp.coo_array(X[0])),
            *(pd.DataFrame(X, columns=["a", 1]), pd.Series(X[:, 0])),
        ],
        "y": [
            *(None, 3, "text", "a" * n_rows, [], {"a": 1}, object(), iter(y), range(n_rows)),
            *(y[:-1], y[None], y[:, None, None], y + 0j, y + 0.5, X, hole, huge, y.astype("S")),
            *([None] * n_rows, ["a"] * n_rows, ["a", *hole[1:]], [{0}, {1}] * n_rows),
            *([[0, 1], *[[1]] * (n_rows - 1)], [object()] * n_rows, np.zeros(n_rows), y * 1e18),
            *([decimal.Decimal(1), *y[1:]], [10**30, *y[1:]], np.ma.masked_array(y, y > 1)),
            *(np.column_stack([y, hole]), np.column_stack([y, y + 0.5]), X[:, :0], -X),
            *(np.ones((n_rows, 3)), np.zeros((n_rows, 3)), np.full((n_rows, 3), np.nan)),
            *(sp.csr_array(np.eye(n_rows, 3) * 2), sp.csr_array(X), y.astype(np.longdouble)),
        ],
        "sample_weight": [
            *(3, "balanced", [], {"a": 1}, object(), iter(y), y, -y, y * 0, y[:-1], y[:, None]),
            *(hole, huge, y + 0j, y / 2 * 1e308, y * 1e-320, y * 1e300, y * 1e-300, y > 0),
            *(["a"] * n_rows, [None] * n_rows, [decimal.Decimal(1)] * n_rows, sp.csr_array(X)),
            *([1e300, 1e-300, *y[2:]], [0, 1e-300, *y[2:] * 0], np.ma.masked_array(y, y > 1)),
        ],
        "classes": [
            *(3, "abc", [], [0], [0, 1, 2, 3, 4], [2, 1, 0], [0, 0, 1], [None, 1], [0, np.nan]),
            *([[0, 1]], object(), [0, "a"], {0, 1}, {0: 1, 1: 2}, [0, np.inf], [b"a", b"b"]),
        ],
        "X_val": [None, 3, X[:, :1], X + np.nan, X],
        "y_val": [None, 3, hole, y + 7, X],
        "sample_weight_val": [3, -y, y * 0, "a", y],
    }


NUMBERS = [None, -1, 0, 1, 1.5, "a", np.nan, np.inf, True, [1], object(), 10**400, 1e-320, 1j, ()]
PARAMETERS = {
    name: [*NUMBERS, "AUTO", decimal.Decimal(1), fractions.Fraction(1, 2), np.float16(0.5)]
    for name in (
        *("alpha", "tol", "max_iter", "validation_fraction", "n_iter_no_change"),
        *("label_smoothing", "n_init", "warm_start", "early_stopping", "n_jobs", "random_state"),
        *("solver", "preconditioner", "missing_labels", "activation", "threshold"),
    )
}
for name in ("max_iter", "n_init"):  # 10**400 would be fine with more time
    PARAMETERS[name] = [value for value in NUMBERS if value != 10**400]
PARAMETERS["alpha"] += [1e308, 1e-308]
PARAMETERS["activation"] += [
    ["relu"],
    ["relu", "tanh"],
    ("tanh",),
    np.str_("tanh"),
    b"tanh",
    [None],
]
PARAMETERS["hidden_layer_sizes"] = [
    *(None, 0, -1, 1.5, "a", [0], [-1], [1.5], ["a"], [[1]], (1, [2]), True, [True], {3}),
    *(np.array(3), np.array([[1]]), np.int8(3), range(1, 3), [], [None], object(), np.nan),
]
PARAMETERS["class_weight"] = [
    *("a", 0, [], {}, {0: 1}, {9: 1}, {0: -1}, {0: np.nan}, {0: np.inf}, {0: None}, {0: "a"}),
    *([{0: 1}], {0: 0, 1: 0, 2: 0}, {0: [1]}, {0: 10**400}, {True: 2}, {0.0: 2}, {np.nan: 1}),
    *({0: 1e308, 1: 1e308}, {0: 1e-320, 1: 1e-320}, object(), [1, 2], b"balanced", [{0: 1}] * 2),
]
PARAMETERS["threshold"] += [0.3, [0.5], [0.5] * 2, [[0.5]]]
