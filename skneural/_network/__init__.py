"""The exact mathematics: activations, target coding, outputs, network and objective."""

from skneural._network.activations import ACTIVATIONS, Activation
from skneural._network.coding import split_columns
from skneural._network.network import Layer, Network, forward, pack
from skneural._network.objective import (
    Objective,
    log_loss,
    power_of_two,
    total_weight,
    weighted_rows,
)
from skneural._network.outputs import Output, SigmoidOutput, SoftmaxOutput

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "Layer",
    "Network",
    "Objective",
    "Output",
    "SigmoidOutput",
    "SoftmaxOutput",
    "forward",
    "log_loss",
    "pack",
    "power_of_two",
    "split_columns",
    "total_weight",
    "weighted_rows",
]
