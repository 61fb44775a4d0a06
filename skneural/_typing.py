"""Names for the arrays that the package passes around."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating[Any]]
"""Float32 or float64, whichever the data have."""

Vector = NDArray[np.float64]
"""All weights of a network, or the gradient with respect to them, in one flat vector."""

IntArray = NDArray[np.integer[Any]]
"""Class codes, or indices."""

LabelArray = IntArray | Vector
"""The labels of some rows: codes, -1 if missing, or probabilities of the classes."""
