"""Neural-network classifiers for scikit-learn, with the output stated by name."""

from skneural import activations
from skneural._classifiers import SigmoidMLPClassifier, SoftmaxMLPClassifier
from skneural._estimator import __version__ as __version__
from skneural._thresholds import TunedThresholdsClassifierCV

__all__ = [
    "SigmoidMLPClassifier",
    "SoftmaxMLPClassifier",
    "TunedThresholdsClassifierCV",
    "activations",
]
