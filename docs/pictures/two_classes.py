"""Write `two_classes.html`: a softmax of two units is a sigmoid of the difference of their logits.

Run it from anywhere, with the package installed: ``python docs/pictures/two_classes.py``.
"""

import numpy as np
from charts import Plot, write

from skneural.activations import sigmoid, softmax

if __name__ == "__main__":
    difference = np.linspace(-6, 6, 61)
    plot = Plot(
        "Two classes: both outputs are one curve",
        "logit of class 1 minus logit of class 0",
        xticks=(-6, -3, 0, 3, 6),
        yticks=(0, 0.5, 1),
    )
    logits = np.column_stack([np.zeros_like(difference), difference])
    plot.line(difference, softmax(logits)[:, 1], "softmax sk-wide")
    plot.line(difference, sigmoid(difference), "sigmoid sk-dashed")
    plot.legend(
        44, 40, {"softmax sk-wide": "softmax, unit 1 of two", "sigmoid sk-dashed": "one sigmoid"}
    )
    write(
        __file__,
        plot.svg("The sigmoid lies on the softmax from 0 at the left to 1 at the right."),
        kind="plots sk-single",
        caption="The probability of class 1. The line of the sigmoid lies on that of the softmax.",
    )
