"""The exact mathematics: activations, target coding, outputs, network and objective."""

from skneural._network.activations import ACTIVATIONS, Activation
from skneural._network.coding import TargetCoding
from skneural._network.network import ForwardPass, Layer, Network, cast, forward, most_rows, pack
from skneural._network.objective import LossSums, Objective
from skneural._network.output import Output
from skneural._network.outputs import find_coding
from skneural._network.row_sums import (
    LEAST_WEIGHT,
    entropy,
    frequencies_loss,
    log_loss,
    observations_per_weight,
    power_of_two,
    total_weight,
    weighted_rows,
)
from skneural._network.sigmoid import SigmoidOutput
from skneural._network.softmax import SoftmaxOutput
from skneural._network.workspace import Workspace

__all__ = [
    "ACTIVATIONS",
    "LEAST_WEIGHT",
    "Activation",
    "ForwardPass",
    "Layer",
    "LossSums",
    "Network",
    "Objective",
    "Output",
    "SigmoidOutput",
    "SoftmaxOutput",
    "TargetCoding",
    "Workspace",
    "cast",
    "entropy",
    "find_coding",
    "forward",
    "frequencies_loss",
    "log_loss",
    "most_rows",
    "observations_per_weight",
    "pack",
    "power_of_two",
    "total_weight",
    "weighted_rows",
]
