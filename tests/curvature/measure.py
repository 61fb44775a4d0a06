"""Measurements with a generator of their own, as functions."""

import numpy as np

from skneural._curvature import meter


def layer_curvature(network, theta, rows, map_shards, largest):
    rng = np.random.RandomState(0)
    return meter.CurvatureMeter(network, largest, rng, map_shards).measure(theta, rows)


def feature_moments(output, rows, map_shards):
    return meter.feature_moments(output, rows, np.random.RandomState(0), map_shards)
