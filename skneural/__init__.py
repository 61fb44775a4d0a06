"""Neural-network classifiers for scikit-learn, with the output stated by name."""

from importlib.metadata import version

from skneural import activations
from skneural._classifiers import SigmoidMLPClassifier, SoftmaxMLPClassifier
from skneural._display_activations import ActivationsDisplay
from skneural._display_hidden_weights import HiddenWeightsDisplay
from skneural._display_loss_curve import LossCurveDisplay
from skneural._display_threshold import ThresholdDisplay

__all__ = [
    "ActivationsDisplay",
    "HiddenWeightsDisplay",
    "LossCurveDisplay",
    "SigmoidMLPClassifier",
    "SoftmaxMLPClassifier",
    "ThresholdDisplay",
    "activations",
]
__version__ = version("skneural")
