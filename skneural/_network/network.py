"""A fully connected network on one block of rows: forward pass, loss, gradient, Hessian products.

With ``a_0 = X`` and layers l = 1 .. L (W_l has shape (fan_in, fan_out), b_l (fan_out,))::

    forward    z_l = a_{l-1} W_l + b_l      a_l = f_l(z_l)      logits = z_L
    backward   delta_L = d loss / d logits  (rows, n_units)
               dW_l = a_{l-1}' delta_l      db_l = 1' delta_l
               delta_{l-1} = (delta_l W_l') * f'_{l-1}

The product of the loss's Hessian with a direction V_l, v_l of the weights is R{gradient}, where R
is the derivative along the direction. It is exact and needs one more pass forward and backward.
With ``R{X} = 0``::

    forward    R{z_l} = R{a_{l-1}} W_l + a_{l-1} V_l + v_l      R{a_l} = R{z_l} * f'_l
    backward   R{delta_L} = (d^2 loss / d logits^2) R{z_L}
               R{dW_l} = R{a_{l-1}}' delta_l + a_{l-1}' R{delta_l}      R{db_l} = 1' R{delta_l}
               R{delta_{l-1}} = (R{delta_l} W_l' + delta_l V_l') * f'_{l-1}
                                + (delta_l W_l') * f''_{l-1} * R{z_{l-1}}

All weights are stored in one flat vector. Each layer is a (1 + fan_in, fan_out) piece of it, the
bias first; gradients and directions have the same layout.

References
----------
B. A. Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6 (1994),
doi:10.1162/neco.1994.6.1.147.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from skneural._network.activations import Activation
from skneural._network.output import Operator, Output
from skneural._network.workspace import Workspace
from skneural._typing import FloatArray, LabelArray, Vector

LAYER_NUMBERS = 2**19  # of a block in a layer: 4 megabytes; a pass holds several times as many


class Layer(NamedTuple):
    """Weights of a layer, their gradient, or a direction in which they move."""

    intercept: FloatArray  # (fan_out,)
    coef: FloatArray  # (fan_in, fan_out)


class ForwardPass(NamedTuple):
    """Results of a forward pass over a block of rows."""

    inputs: list[Any]  # X, a_1, ..., a_{L-1}
    kept: list[FloatArray]  # from which the slopes of a_1, ..., a_{L-1} are computed
    logits: FloatArray


def pack(layers: Iterable[Layer]) -> Vector:
    """The flat vector of some layers."""
    return np.concatenate([part.ravel() for layer in layers for part in layer])


def cast(weights: FloatArray, dtype: np.dtype[Any]) -> FloatArray:
    """Weights in the dtype of a computation; infinite where they are too large for it."""
    if weights.dtype == dtype:
        return weights
    with np.errstate(over="ignore"):
        return weights.astype(dtype)


def most_rows(layers: Sequence[Layer]) -> int:
    """The most rows of a block: no layer then holds more than 2^19 numbers, or than the weights."""
    n_weights = sum(layer.coef.size for layer in layers)
    widest = max(len(layer.intercept) for layer in layers)
    return max(LAYER_NUMBERS, n_weights) // widest


def forward(
    layers: Sequence[Layer],
    activations: Sequence[Activation],
    X: Any,
    workspace: Workspace | None = None,
) -> ForwardPass:
    """Activations of all layers for a block of rows, in arrays of a workspace if there is one."""
    workspace = workspace or Workspace()
    inputs, kept = [X], []
    for (intercept, coef), activation in zip(layers, activations, strict=False):
        z = workspace.product(("a", len(inputs)), inputs[-1], coef)
        z += intercept
        kept.append(activation.apply(z))
        inputs.append(z)
    # Outputs are faster in Fortran order, in which the columns are contiguous.
    logits = workspace.product("logits", layers[-1].coef.T, inputs[-1].T).T
    logits += layers[-1].intercept
    return ForwardPass(inputs, kept, logits)


class Network:
    """Layer sizes, activations and output; holds no weights.

    Parameters
    ----------
    n_features : int
    hidden_layer_sizes : sequence of int
    activations : sequence of Activation
        One for each hidden layer.
    output : Output
    """

    def __init__(
        self,
        n_features: int,
        hidden_layer_sizes: Sequence[int],
        activations: Sequence[Activation],
        output: Output,
    ) -> None:
        self.layer_sizes = (n_features, *hidden_layer_sizes, output.coding.n_units)
        self.activations = tuple(activations)
        self.output = output
        self._pieces = []  # of the flat vector: shape, start and stop of each layer
        self.n_parameters = 0
        for fan_in, fan_out in pairwise(self.layer_sizes):
            start, self.n_parameters = self.n_parameters, self.n_parameters + (1 + fan_in) * fan_out
            self._pieces.append(((1 + fan_in, fan_out), start, self.n_parameters))

    @property
    def n_layers(self) -> int:
        """The number of layers of weights."""
        return len(self._pieces)

    def layers(self, vector: FloatArray) -> list[Layer]:
        """Views of a flat vector as layers."""
        layers = []
        for shape, start, stop in self._pieces:
            weights = vector[start:stop].reshape(shape)
            layers.append(Layer(weights[0], weights[1:]))
        return layers

    def initial_weights(
        self, rng: np.random.RandomState, location: ArrayLike = 0.0, scale: ArrayLike = 1.0
    ) -> Vector:
        """Random weights, uniform with variance 2 / (fan_in + fan_out); biases 0.

        The first layer is drawn for features ``(X - location) / scale``, and then expressed for
        X. `location` and `scale` are a number for all features, or one for each feature. The
        weights are not finite if the ratios of these overflow.

        References
        ----------
        X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward
        neural networks", AISTATS 2010.
        """
        vector = np.zeros(self.n_parameters)
        for layer in self.layers(vector):
            bound = np.sqrt(6 / sum(layer.coef.shape))
            layer.coef[...] = rng.uniform(-bound, bound, layer.coef.shape)
        first = self.layers(vector)[0]
        with np.errstate(over="ignore", invalid="ignore"):
            first.coef[...] /= np.reshape(scale, (-1, 1))
            first.intercept[...] = -np.broadcast_to(location, len(first.coef)) @ first.coef
        return vector

    def without_coefs(self, vector: Vector) -> Vector:
        """A copy of the weights in which all coefficients are 0."""
        intercepts = vector.copy()
        for layer in self.layers(intercepts):
            layer.coef[...] = 0
        return intercepts

    def loss_gradient(
        self,
        layers: Sequence[Layer],
        X: Any,
        labels: LabelArray,
        row_weight: Vector,
        gradient: Sequence[Layer],
        workspace: Workspace | None = None,
    ) -> float:
        """Weighted sum of the losses; its gradient is written into `gradient`."""
        workspace = workspace or Workspace()
        inputs, kept, logits = forward(layers, self.activations, X, workspace)
        loss, delta = self.output.loss_gradient(logits, labels, row_weight)
        for depth, delta_l in self.backpropagate(layers, kept, delta, workspace):
            if sp.issparse(inputs[depth]):
                gradient[depth].coef[...] = inputs[depth].T @ delta_l
            else:
                np.matmul(inputs[depth].T, delta_l, out=gradient[depth].coef)
            # As a product, the sum of the rows takes a fraction of the time of `add.reduce`.
            np.matmul(np.ones(len(delta_l), delta_l.dtype), delta_l, out=gradient[depth].intercept)
        return loss

    def backpropagate(
        self,
        layers: Sequence[Layer],
        kept: Sequence[FloatArray],
        delta: FloatArray,
        workspace: Workspace | None = None,
    ) -> Iterator[tuple[int, FloatArray]]:
        """Yield the index and ``delta_l`` of each layer, from the last (`delta`) to the first.

        They are arrays of a workspace, if there is one.
        """
        workspace = workspace or Workspace()
        for depth in reversed(range(len(layers))):
            yield depth, delta
            if depth:
                delta = workspace.product(("delta", depth), delta, layers[depth].coef.T)
                slope = workspace.empty("slope", delta.shape, delta.dtype)
                self.activations[depth - 1].multiply_slope(kept[depth - 1], delta, slope)

    def linearize(
        self, layers: Sequence[Layer], X: Any, labels: LabelArray, row_weight: Vector
    ) -> "Linearization":
        """The Hessian of the weighted sum of the losses, as an operator."""
        inputs, kept, logits = forward(layers, self.activations, X)
        delta, product = self.output.linearize(logits, labels, row_weight)
        deltas: list[FloatArray] = [delta]
        bends: list[FloatArray] = []
        for depth in reversed(range(1, len(layers))):
            bend = deltas[0] @ layers[depth].coef.T
            deltas.insert(0, bend.copy())
            self.activations[depth - 1].multiply_slope(kept[depth - 1], deltas[0])
            self.activations[depth - 1].multiply_curvature(kept[depth - 1], bend)
            bends.insert(0, bend)
        return Linearization(self.activations, layers, inputs, kept, deltas, bends, product)


class Linearization(NamedTuple):
    """The Hessian of a block's losses at some weights: an operator on directions of the weights."""

    activations: Sequence[Activation]
    layers: Sequence[Layer]
    inputs: list[Any]  # X, a_1, ..., a_{L-1}
    kept: list[FloatArray]  # from which the slopes of a_1, ..., a_{L-1} are computed
    deltas: list[FloatArray]  # delta_1, ..., delta_L
    bends: list[FloatArray]  # (delta_l W_l') * f''_{l-1} for l = 2 .. L
    output_product: Operator

    def product(self, direction: Sequence[Layer], product: Sequence[Layer]) -> None:
        """Write the product of the Hessian with `direction` into `product`."""
        r_inputs, r_hidden, r_logits = self._changes(direction)
        r_delta = self.output_product(r_logits)
        for depth in reversed(range(len(self.layers))):
            product[depth].coef[...] = self.inputs[depth].T @ r_delta
            np.add.reduce(r_delta, axis=0, out=product[depth].intercept)
            if depth:
                delta, r_z = self.deltas[depth], r_hidden[depth - 1]
                product[depth].coef[...] += r_inputs[depth - 1].T @ delta
                r_delta = r_delta @ self.layers[depth].coef.T
                r_delta += delta @ direction[depth].coef.T
                self.activations[depth - 1].multiply_slope(self.kept[depth - 1], r_delta)
                r_z *= self.bends[depth - 1]
                r_delta += r_z

    def _changes(
        self, direction: Sequence[Layer]
    ) -> tuple[list[FloatArray], list[FloatArray], FloatArray]:
        """R{a_l} and R{z_l} of the hidden layers, and R{logits}, along `direction`."""
        r_inputs: list[FloatArray] = []
        changes: list[FloatArray] = []
        for depth, (a, (intercept, coef)) in enumerate(zip(self.inputs, direction, strict=True)):
            r_z = a @ coef
            r_z += intercept
            if depth:
                r_a = changes[-1].copy()
                self.activations[depth - 1].multiply_slope(self.kept[depth - 1], r_a)
                r_z += r_a @ self.layers[depth].coef
                r_inputs.append(r_a)
            changes.append(r_z)
        return r_inputs, changes[:-1], changes[-1]
