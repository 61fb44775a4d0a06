"""The choice of Kronecker factors for a reparametrization: matrices or diagonals."""

from collections.abc import Sequence
from enum import Enum

from skneural._curvature.factors import Curvature, diagonal
from skneural._curvature.reparametrization import KroneckerReparametrization, Reparametrization
from skneural._data import MapShards
from skneural._network import Network
from skneural._typing import Vector

CHEAP_DIMENSIONS = 2048  # factorising more takes seconds
FREE_DIMENSIONS = 256  # factorising fewer takes a few milliseconds
LARGEST_DIMENSIONS = 8192  # half a gigabyte for a matrix
_PAYS = 1e6  # multiplications in a pass over the data
_EVEN = 10.0  # the largest ratio of the scales of features of similar scale
_NEAR = 3.0  # the largest distance of a mean from 0, in scales


class Preconditioner(Enum):
    """Which factors of the layers are matrices, and which are diagonals."""

    AUTO = "auto"  # matrices where they are cheap
    KRONECKER = "kronecker"  # matrices
    DIAGONAL = "diagonal"  # diagonals

    @staticmethod
    def where_it_pays(work: float, mean: Vector, scale: Vector) -> "Preconditioner | None":
        """AUTO, or None for small problems with centred features of similar scale.

        Such problems are solved before a preconditioner makes up for its cost. `work` is the
        number of multiplications in a pass over the data, `mean` and `scale` are the features'.
        """
        is_even = bool(scale.max() <= _EVEN * scale.min() and (abs(mean) <= _NEAR * scale).all())
        return None if work < _PAYS and is_even else Preconditioner.AUTO

    def check(self, layer_sizes: Sequence[int]) -> None:
        """Refuse matrices that are too large.

        Raises
        ------
        ValueError
        """
        if self is Preconditioner.KRONECKER and max(layer_sizes) > LARGEST_DIMENSIONS:
            raise ValueError(
                "preconditioner='kronecker' factorises a matrix for the inputs and outputs of "
                f"every layer, with at most {LARGEST_DIMENSIONS} dimensions each; the layer sizes "
                f"are {tuple(layer_sizes)}. Use preconditioner='auto'."
            )

    def largest_dimensions(self, n_rows: int) -> int:
        """The most dimensions for which a matrix of second moments is measured."""
        if self is Preconditioner.KRONECKER:
            return LARGEST_DIMENSIONS
        return min(CHEAP_DIMENSIONS, max(n_rows, FREE_DIMENSIONS))

    def reparametrization(
        self,
        network: Network,
        curvature: Curvature,
        penalty: Sequence[Vector],
        map_layers: MapShards = map,
    ) -> Reparametrization:
        """The change of variables for the curvatures of the losses and of the penalties."""
        factors = curvature.factors
        if self is Preconditioner.DIAGONAL:
            factors = [each._replace(A=diagonal(each.A), G=diagonal(each.G)) for each in factors]
        return KroneckerReparametrization(network, factors, penalty, map_layers)


PRECONDITIONERS: dict[str | None, Preconditioner | None] = {
    **{each.value: each for each in Preconditioner},
    None: None,
}
