"""Measurements with a generator of their own, as functions."""

import numpy as np

from skneural._curvature.meter import CurvatureMeter
from skneural._curvature.moments import feature_moments


def layer_meter(network, rows, map_shards, largest, scale=None, **settings):
    """A meter with the moments of the features of all rows, or with given scales."""
    mean, measured = feature_moments(network.output, rows, map_shards)
    scale = measured if scale is None else scale
    rng = np.random.RandomState(0)
    return CurvatureMeter(network, mean, scale, largest, rng, map_shards, **settings)


def layer_curvature(network, theta, rows, map_shards, largest, **settings):
    return layer_meter(network, rows, map_shards, largest, **settings).measure(theta, rows)
