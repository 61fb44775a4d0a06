"""Save small models of every kind, for the test that later versions still load them.

``python tests/estimators/data/save_models.py`` writes, for each class and kind of target,

- ``format1_softmax_binary.joblib``: a fitted estimator, 1 being the number of the format;
- ``format1_softmax_binary.npz``: plain arrays, the features ``X`` and what the estimator said
  of them: ``predict_0``, ``predict_proba_0``, ``predict_proba_1`` and so on, a number for each
  array of a list.

Files that exist are left alone, because users have such files. When the format changes, increase
`skneural._estimators.persistence.FORMAT` by one and run this script again: it adds files beside
the old ones, which must load as before.
"""

from pathlib import Path

import joblib
import numpy as np
from sklearn.datasets import load_iris

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier
from skneural._estimators.persistence import FORMAT

HERE = Path(__file__).parent
CLASSES = {"softmax": SoftmaxMLPClassifier, "sigmoid": SigmoidMLPClassifier}
METHODS = ["predict", "predict_proba", "decision_function"]
SETTINGS = {
    "binary": {"hidden_layer_sizes": (), "alpha": 1.0},
    "multiclass": {"hidden_layer_sizes": (5,), "activation": "relu", "early_stopping": True},
    "multilabel-indicator": {"hidden_layer_sizes": (4, 3), "activation": ["tanh", "softplus"]},
    "multiclass-multioutput": {"hidden_layer_sizes": [4], "activation": "logistic"},
}


def iris_targets():
    """Named features of every fifth row of iris, and a target of each kind."""
    X, y = load_iris(return_X_y=True, as_frame=True)
    X, y = (X - X.mean())[::5], y[::5].to_numpy()
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    is_long = X.iloc[:, 0].to_numpy() > 0
    return X, {
        "binary": names == "virginica",
        "multiclass": names,
        "multilabel-indicator": np.column_stack([y == 0, y != 1, is_long]).astype(int),
        "multiclass-multioutput": np.column_stack([names, np.where(is_long, "long", "short")]),
    }


def what_it_says(model, X):
    """The arrays that the methods return, by method and number."""
    results = {method: getattr(model, method)(X) for method in METHODS}
    return {
        f"{method}_{number}": part
        for method, result in results.items()
        for number, part in enumerate(result if isinstance(result, list) else [result])
    }


def save_models(directory: Path) -> None:
    """Write the files of this version's format, except those that are there."""
    X, targets = iris_targets()
    for name, make in CLASSES.items():
        for kind, y in targets.items():
            path = directory / f"format{FORMAT}_{name}_{kind}.joblib"
            if path.exists():
                continue
            model = make(max_iter=500, tol=1e-3, random_state=0, **SETTINGS[kind])
            model.fit(X, y)
            joblib.dump(model, path)
            np.savez_compressed(path.with_suffix(".npz"), X=X, **what_it_says(model, X))
            print(path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    save_models(HERE)
