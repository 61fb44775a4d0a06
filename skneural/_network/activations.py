"""Activation functions of hidden layers.

``a = f(z)`` is computed in place. Slope and curvature are computed from the array that the forward
pass keeps: the activation `a` if that is enough, else the pre-activation `z`::

    identity   a = z                  f' = 1                  f'' = 0
    logistic   a = 1 / (1 + exp(-z))  f' = a (1 - a)          f'' = a (1 - a) (1 - 2 a)
    tanh       a = tanh(z)            f' = 1 - a^2            f'' = -2 a (1 - a^2)
    relu       a = max(z, 0)          f' = [a > 0]            no f'': kink at 0
    softplus   a = log(1 + exp(z))    f' = 1 - exp(-a)        f'' = exp(-a) (1 - exp(-a))
    silu       a = z s                f' = s (1 + z (1 - s))  f'' = s (1 - s) (2 + z (1 - 2 s))
               with s = 1 / (1 + exp(-z))

References
----------
S. Elfwing, E. Uchibe and K. Doya, "Sigmoid-weighted linear units for neural network function
approximation in reinforcement learning", Neural Networks 107, 2018.
doi:10.1016/j.neunet.2017.12.012
"""

from abc import ABC, abstractmethod
from typing import ClassVar, final

import numpy as np

from skneural._typing import FloatArray
from skneural.activations import sigmoid, softplus


class Activation(ABC):
    """An element-wise activation of a hidden layer."""

    smooth: ClassVar[bool] = True
    """Whether it has a second derivative everywhere."""

    @abstractmethod
    def apply(self, z: FloatArray) -> FloatArray:
        """Replace pre-activations `z` by activations, in place.

        Returns the array from which slope and curvature are computed; it may be `z` itself.
        """

    @abstractmethod
    def slope(self, kept: FloatArray, out: FloatArray | None = None) -> FloatArray:
        """The slope, in `out` if it is given; `kept` is the result of `apply`."""

    @abstractmethod
    def multiply_curvature(self, kept: FloatArray, delta: FloatArray) -> None:
        """Multiply `delta` by the second derivative, in place."""

    def multiply_slope(
        self, kept: FloatArray, delta: FloatArray, out: FloatArray | None = None
    ) -> None:
        """Multiply `delta` by the slope, in place; the slope is computed in `out`."""
        delta *= self.slope(kept, out)


@final
class Identity(Activation):
    def apply(self, z: FloatArray) -> FloatArray:
        return z

    def slope(self, kept: FloatArray, out: FloatArray | None = None) -> FloatArray:
        slope = np.empty_like(kept) if out is None else out
        slope.fill(1)
        return slope

    def multiply_slope(
        self, kept: FloatArray, delta: FloatArray, out: FloatArray | None = None
    ) -> None:
        """Change nothing: the slope is 1."""

    def multiply_curvature(self, kept: FloatArray, delta: FloatArray) -> None:
        delta[...] = 0


@final
class Logistic(Activation):
    def apply(self, z: FloatArray) -> FloatArray:
        z[...] = sigmoid(z)
        return z

    def slope(self, kept: FloatArray, out: FloatArray | None = None) -> FloatArray:
        slope = np.subtract(1, kept, out=out)
        slope *= kept
        return slope

    def multiply_curvature(self, kept: FloatArray, delta: FloatArray) -> None:
        self.multiply_slope(kept, delta)
        delta *= 1 - 2 * kept


@final
class Tanh(Activation):
    def apply(self, z: FloatArray) -> FloatArray:
        return np.tanh(z, out=z)

    def slope(self, kept: FloatArray, out: FloatArray | None = None) -> FloatArray:
        slope = np.square(kept, out=out)
        return np.subtract(1, slope, out=slope)

    def multiply_curvature(self, kept: FloatArray, delta: FloatArray) -> None:
        self.multiply_slope(kept, delta)
        delta *= -2 * kept


@final
class Relu(Activation):
    smooth = False

    def apply(self, z: FloatArray) -> FloatArray:
        # Two arrays are compared several times as fast as an array and a number.
        return np.maximum(z, np.zeros(z.shape[-1], z.dtype), out=z)

    def slope(self, kept: FloatArray, out: FloatArray | None = None) -> FloatArray:
        slope = np.empty_like(kept) if out is None else out
        return np.greater(kept, 0, out=slope)

    def multiply_curvature(self, kept: FloatArray, delta: FloatArray) -> None:
        raise NotImplementedError("relu has no second derivative at its kink")


@final
class Softplus(Activation):
    def apply(self, z: FloatArray) -> FloatArray:
        z[...] = softplus(z)
        return z

    def slope(self, kept: FloatArray, out: FloatArray | None = None) -> FloatArray:
        slope = np.negative(kept, out=out)
        np.expm1(slope, out=slope)
        return np.negative(slope, out=slope)

    def multiply_curvature(self, kept: FloatArray, delta: FloatArray) -> None:
        self.multiply_slope(kept, delta)
        delta *= np.exp(-kept)


@final
class Silu(Activation):
    def apply(self, z: FloatArray) -> FloatArray:
        kept = z.copy()
        z *= sigmoid(z)
        return kept

    def slope(self, kept: FloatArray, out: FloatArray | None = None) -> FloatArray:
        slope = np.multiply(kept, sigmoid(-kept), out=out)
        slope += 1
        slope *= sigmoid(kept)
        return slope

    def multiply_curvature(self, kept: FloatArray, delta: FloatArray) -> None:
        s, rest = sigmoid(kept), sigmoid(-kept)
        delta *= s * rest * (2 + kept * (rest - s))


ACTIVATIONS: dict[str, Activation] = {
    "identity": Identity(),
    "logistic": Logistic(),
    "tanh": Tanh(),
    "relu": Relu(),
    "softplus": Softplus(),
    "silu": Silu(),
}
