"""Neural-network classifiers for scikit-learn, with the output stated by name."""

from skneural import activations
from skneural._classifiers import SigmoidMLPClassifier, SoftmaxMLPClassifier
from skneural._display_activations import ActivationsDisplay
from skneural._display_hidden_weights import HiddenWeightsDisplay
from skneural._display_loss_curve import LossCurveDisplay
from skneural._display_threshold import ThresholdDisplay
from skneural._estimator import __version__ as __version__
from skneural._thresholds import TunedThresholdsClassifierCV

__all__ = [
    "ActivationsDisplay",
    "HiddenWeightsDisplay",
    "LossCurveDisplay",
    "SigmoidMLPClassifier",
    "SoftmaxMLPClassifier",
    "ThresholdDisplay",
    "TunedThresholdsClassifierCV",
    "activations",
]
