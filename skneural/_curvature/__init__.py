"""Kronecker factors of the curvature, and what is made of them: preconditioner and penalty."""

from skneural._curvature.moments import (
    Curvature,
    Factors,
    diagonal,
    feature_moments,
    floored,
    layer_curvature,
)
from skneural._curvature.penalty import evidence, optimism, standardised_spectrum
from skneural._curvature.preconditioner import (
    PRECONDITIONERS,
    Coordinates,
    Identity,
    Kronecker,
    Preconditioner,
)

__all__ = [
    "PRECONDITIONERS",
    "Coordinates",
    "Curvature",
    "Factors",
    "Identity",
    "Kronecker",
    "Preconditioner",
    "diagonal",
    "evidence",
    "feature_moments",
    "floored",
    "layer_curvature",
    "optimism",
    "standardised_spectrum",
]
