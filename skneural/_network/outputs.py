"""The output layers by name, and the codings of their units."""

from collections.abc import Sequence

from skneural._network.coding import TargetCoding
from skneural._network.output import Output
from skneural._network.sigmoid import SigmoidOutput
from skneural._network.softmax import SoftmaxOutput

OUTPUTS: dict[str, type[Output]] = {
    output.name: output for output in (SoftmaxOutput, SigmoidOutput)
}


def find_coding(n_classes: Sequence[int], n_units: Sequence[int]) -> TargetCoding | None:
    """The coding of an output layer with these numbers of units, or None if there is none.

    `n_units` has the number of units of each target, or a single number for all targets.
    """
    for output in OUTPUTS.values():
        coding = output(n_classes).coding
        own = list(coding.units.sizes)
        if own == list(n_units) or [sum(own)] == list(n_units):
            return coding
    return None
