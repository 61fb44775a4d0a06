"""Names and comparisons that several modules of tests use."""

import numpy as np

PREDICTIONS = (
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
    "predict_activations",
    "transform",
)


def same_fit(a, b):
    """Whether two estimators have the same weights, bit by bit."""
    return all(
        np.array_equal(x, y)
        for x, y in zip(a.coefs_ + a.intercepts_, b.coefs_ + b.intercepts_, strict=True)
    )
