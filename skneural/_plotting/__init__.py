"""The displays; the only room that imports matplotlib, within functions."""

from skneural._plotting.activations import ActivationsDisplay
from skneural._plotting.hidden_weights import HiddenWeightsDisplay
from skneural._plotting.loss_curve import LossCurveDisplay
from skneural._plotting.threshold import ThresholdDisplay

__all__ = ["ActivationsDisplay", "HiddenWeightsDisplay", "LossCurveDisplay", "ThresholdDisplay"]
