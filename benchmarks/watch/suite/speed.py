"""Times of evaluations, fits, stages and predictions.

Names and attributes of the classes are those that airspeed velocity looks for.
"""

import warnings

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier

CLASSIFIERS = {"softmax": SoftmaxMLPClassifier, "sigmoid": SigmoidMLPClassifier}
DATA = {"iris": load_iris, "breast_cancer": load_breast_cancer, "digits": load_digits}


def fit(model, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, y)


class Evaluations:
    """Twenty iterations with a given penalty on 20000 rows: hardly more than evaluations."""

    params = ([54, 784], ["float32", "float64"], [(100,), (256, 256)])
    param_names = ("features", "dtype", "hidden")

    def setup(self, n_features, dtype, hidden):
        rng = np.random.default_rng(0)
        self.X = rng.normal(size=(20_000, n_features)).astype(dtype)
        self.y = rng.integers(10, size=len(self.X))
        self.model = SoftmaxMLPClassifier(
            hidden, alpha=1.0, preconditioner=None, max_iter=20, random_state=0
        )

    def time_twenty_iterations(self, n_features, dtype, hidden):
        fit(self.model, self.X, self.y)


class SmallFits:
    """Default fits to the end."""

    params = (list(CLASSIFIERS), list(DATA))
    param_names = ("output", "data")

    def setup(self, output, data):
        X, self.y = DATA[data](return_X_y=True)
        self.X = StandardScaler().fit_transform(X)
        self.model = CLASSIFIERS[output](random_state=0)

    def time_fit(self, output, data):
        fit(self.model, self.X, self.y)


class Stages:
    """A default fit that begins with samples of its rows."""

    params = tuple(CLASSIFIERS)
    param_names = ("output",)

    def setup(self, output):
        X, self.y = make_classification(60_000, 30, n_informative=10, n_classes=5, random_state=0)
        self.X = X.astype(np.float32)
        self.model = CLASSIFIERS[output](random_state=0)

    def time_fit(self, output):
        fit(self.model, self.X, self.y)


class Predictions:
    """One row, and many rows of several labels."""

    params = (list(CLASSIFIERS), [1, 1000], [1, 100])
    param_names = ("output", "rows", "labels")

    def setup(self, output, n_rows, n_labels):
        rng = np.random.default_rng(0)
        X = rng.normal(size=(1000, 20))
        y = (X @ rng.normal(size=(20, n_labels)) > 0).astype(int)
        model = CLASSIFIERS[output](alpha=1.0, max_iter=5, random_state=0)
        self.model = fit(model, X, y if n_labels > 1 else y[:, 0])
        self.X = X[:n_rows]

    def time_predict(self, output, n_rows, n_labels):
        self.model.predict(self.X)

    def time_predict_proba(self, output, n_rows, n_labels):
        self.model.predict_proba(self.X)
