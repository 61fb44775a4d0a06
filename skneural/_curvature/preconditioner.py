"""The choice of Kronecker factors for a reparametrization: matrices or diagonals."""

from collections.abc import Sequence
from enum import Enum

from skneural._curvature.factors import Curvature, Factors, diagonal
from skneural._curvature.reparametrization import KroneckerReparametrization, Reparametrization
from skneural._data import MapShards
from skneural._network import Network
from skneural._typing import Vector

CHEAP_DIMENSIONS = 2048  # factorising more takes seconds
FREE_DIMENSIONS = 256  # factorising fewer takes a few milliseconds
LARGEST_DIMENSIONS = 8192  # half a gigabyte for a matrix
_PAYS = 1e6  # multiplications in a pass over the data
_EVEN = 100.0  # the largest ratio of variances of features of similar scale


class Preconditioner(Enum):
    """Which factors of the layers are matrices, and which are diagonals."""

    AUTO = "auto"  # matrices where they are cheap
    KRONECKER = "kronecker"  # matrices
    DIAGONAL = "diagonal"  # diagonals

    @staticmethod
    def where_it_pays(work: float, variance: Vector) -> "Preconditioner | None":
        """AUTO, or None for small problems with features of similar scale.

        Such problems are solved before a preconditioner makes up for its cost. `work` is the
        number of multiplications in a pass over the data, `variance` the floored variance of each
        feature.
        """
        is_even = float(variance.max()) <= _EVEN * float(variance.min())
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
        self, network: Network, curvature: Curvature, penalty: Vector, map_layers: MapShards = map
    ) -> Reparametrization:
        """The change of variables for the curvatures of the losses and of each layer's penalty."""
        factors = curvature.factors
        if self is Preconditioner.DIAGONAL:
            factors = [Factors(mean, diagonal(A), diagonal(G)) for mean, A, G in factors]
        return KroneckerReparametrization(network, factors, penalty, map_layers)


PRECONDITIONERS: dict[str | None, Preconditioner | None] = {
    **{each.value: each for each in Preconditioner},
    None: None,
}
