"""The output layers by name."""

from skneural._network.output import Output
from skneural._network.sigmoid import SigmoidOutput
from skneural._network.softmax import SoftmaxOutput

OUTPUTS: dict[str, type[Output]] = {
    output.name: output for output in (SoftmaxOutput, SigmoidOutput)
}
