"""Kronecker factors of the curvature, and what uses them: preconditioner and penalty."""

from skneural._curvature.factors import Curvature
from skneural._curvature.meter import CurvatureMeter
from skneural._curvature.moments import feature_moments
from skneural._curvature.penalty import PENALTIES, FixedPenalty, PenaltyRule, Size
from skneural._curvature.preconditioner import PRECONDITIONERS, Preconditioner
from skneural._curvature.reparametrization import Identity, Reparametrization
from skneural._curvature.secants import Secants

__all__ = [
    "PENALTIES",
    "PRECONDITIONERS",
    "Curvature",
    "CurvatureMeter",
    "FixedPenalty",
    "Identity",
    "PenaltyRule",
    "Preconditioner",
    "Reparametrization",
    "Secants",
    "Size",
    "feature_moments",
]
