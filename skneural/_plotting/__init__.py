"""Displays of fitted classifiers. Only this room imports matplotlib, and only to draw."""

from skneural._plotting.activations import ActivationsDisplay
from skneural._plotting.hidden_weights import HiddenWeightsDisplay
from skneural._plotting.loss_curve import LossCurveDisplay
from skneural._plotting.threshold import ThresholdDisplay

__all__ = ["ActivationsDisplay", "HiddenWeightsDisplay", "LossCurveDisplay", "ThresholdDisplay"]
