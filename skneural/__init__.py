"""Neural-network classifiers for scikit-learn, with the output stated by name."""

from skneural import activations
from skneural._estimators import (
    SigmoidMLPClassifier,
    SoftmaxMLPClassifier,
    TunedThresholdsClassifierCV,
)
from skneural._estimators import __version__ as __version__
from skneural._plotting import (
    ActivationsDisplay,
    HiddenWeightsDisplay,
    LossCurveDisplay,
    ThresholdDisplay,
)

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
