"""The public classifiers: fitting, predicting, saving, tuning of thresholds."""

from skneural._estimators.base import BaseMLPClassifier
from skneural._estimators.classifiers import SigmoidMLPClassifier, SoftmaxMLPClassifier
from skneural._estimators.persistence import __version__
from skneural._estimators.prediction import fitted_output
from skneural._estimators.threshold_search import presence
from skneural._estimators.thresholds import TunedThresholdsClassifierCV

__all__ = [
    "BaseMLPClassifier",
    "SigmoidMLPClassifier",
    "SoftmaxMLPClassifier",
    "TunedThresholdsClassifierCV",
    "__version__",
    "fitted_output",
    "presence",
]
