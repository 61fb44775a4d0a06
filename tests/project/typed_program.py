"""A program of a user, which `nox -s types` checks with mypy and pyright, both strict."""

from typing import assert_type

import numpy as np
from numpy.typing import NDArray

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier, TunedThresholdsClassifierCV
from skneural.activations import softmax

rng = np.random.default_rng(0)
X = rng.normal(size=(100, 3))
y = (X[:, 0] > 0).astype(int)
Y = (X > 0).astype(int)

classifier = SoftmaxMLPClassifier((5, 5), ["tanh", "silu"], alpha=1.0, class_weight={0: 2.0})
assert_type(classifier.fit(X, y, np.ones(100)), SoftmaxMLPClassifier)
assert_type(classifier.score(X, y), float)
assert_type(classifier.stop_reason_, str)
assert_type(classifier.loss_curve_[-1], float)
weights: list[NDArray[np.floating]] = classifier.coefs_
labels: NDArray[np.int64] = classifier.predict(X)
activations = softmax(X) @ weights[0]

sigmoid = SigmoidMLPClassifier((), alpha="auto", threshold=[0.5, 0.4, 0.3], random_state=0)
tuned = TunedThresholdsClassifierCV(sigmoid, cv=3).fit(X, Y)
print(tuned.thresholds_.mean(), tuned.predict(X).sum(axis=0))

# Both must find this mistake: an ignored error that is none is an error itself.
SoftmaxMLPClassifier(solver="adam")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
