"""Neural-network classifiers for scikit-learn, with the output stated by name."""

from importlib.metadata import version

from skneural import activations
from skneural._classifiers import SigmoidMLPClassifier, SoftmaxMLPClassifier
from skneural._thresholds import TunedThresholdsClassifierCV

__all__ = [
    "SigmoidMLPClassifier",
    "SoftmaxMLPClassifier",
    "TunedThresholdsClassifierCV",
    "activations",
]
__version__ = version("skneural")
