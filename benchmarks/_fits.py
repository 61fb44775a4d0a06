"""A fit that is timed, and whose warnings are counted."""

import warnings
from time import perf_counter

import numpy as np
from sklearn.exceptions import ConvergenceWarning


def timed_fit(classifier, X, y):
    """Fit, and return its seconds, its iterations, and how many warnings there were.

    `unconverged` counts ConvergenceWarnings, which are not shown; others are, after the fit.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        start = perf_counter()
        classifier.fit(X, y)
        seconds = perf_counter() - start
    others = [one for one in caught if not issubclass(one.category, ConvergenceWarning)]
    for one in others:
        warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    return {
        "seconds": seconds,
        "n_iter": float(np.max(getattr(classifier, "n_iter_", np.nan))),
        "unconverged": len(caught) - len(others),
        "warnings": len(caught),
    }
