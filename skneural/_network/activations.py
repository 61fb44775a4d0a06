"""Activation functions: the two of the output layer, and those of the hidden layers.

A hidden activation ``a = f(z)`` is known by its value, by its slope, and by its curvature
relative to the slope. Both are written as functions of the *output* ``a``, because that is
what the forward pass keeps::

    identity   a = z                  f' = 1             f''/f' = 0
    logistic   a = 1 / (1 + exp(-z))  f' = a (1 - a)     f''/f' = 1 - 2 a
    tanh       a = tanh(z)            f' = 1 - a^2       f''/f' = -2 a
    relu       a = max(z, 0)          f' = [a > 0]       has a kink
    softplus   a = log(1 + exp(z))    f' = 1 - exp(-a)   f''/f' = exp(-a)
"""

from abc import ABC, abstractmethod
from typing import ClassVar, final

import numpy as np

from skneural._typing import FloatArray
from skneural.activations import sigmoid, softplus


class Activation(ABC):
    """An element-wise activation of a hidden layer."""

    smooth: ClassVar[bool] = True  # whether it has a second derivative everywhere

    @abstractmethod
    def apply(self, z: FloatArray) -> None:
        """Replace pre-activations `z` by activations, in place."""

    @abstractmethod
    def multiply_slope(self, a: FloatArray, delta: FloatArray) -> None:
        """Multiply `delta` by the slope at activations `a`, in place."""

    @abstractmethod
    def multiply_relative_curvature(self, a: FloatArray, delta: FloatArray) -> None:
        """Multiply `delta` by the curvature over the slope at activations `a`, in place."""


@final
class Identity(Activation):
    def apply(self, z: FloatArray) -> None:
        pass

    def multiply_slope(self, a: FloatArray, delta: FloatArray) -> None:
        pass

    def multiply_relative_curvature(self, a: FloatArray, delta: FloatArray) -> None:
        delta[...] = 0


@final
class Logistic(Activation):
    def apply(self, z: FloatArray) -> None:
        z[...] = sigmoid(z)

    def multiply_slope(self, a: FloatArray, delta: FloatArray) -> None:
        delta *= a
        delta *= 1 - a

    def multiply_relative_curvature(self, a: FloatArray, delta: FloatArray) -> None:
        delta *= 1 - 2 * a


@final
class Tanh(Activation):
    def apply(self, z: FloatArray) -> None:
        np.tanh(z, out=z)

    def multiply_slope(self, a: FloatArray, delta: FloatArray) -> None:
        delta *= 1 - a * a

    def multiply_relative_curvature(self, a: FloatArray, delta: FloatArray) -> None:
        delta *= -2 * a


@final
class Relu(Activation):
    smooth = False

    def apply(self, z: FloatArray) -> None:
        np.maximum(z, 0, out=z)

    def multiply_slope(self, a: FloatArray, delta: FloatArray) -> None:
        delta *= a > 0

    def multiply_relative_curvature(self, a: FloatArray, delta: FloatArray) -> None:
        raise NotImplementedError("relu has no second derivative at its kink")


@final
class Softplus(Activation):
    def apply(self, z: FloatArray) -> None:
        z[...] = softplus(z)

    def multiply_slope(self, a: FloatArray, delta: FloatArray) -> None:
        delta *= -np.expm1(-a)

    def multiply_relative_curvature(self, a: FloatArray, delta: FloatArray) -> None:
        delta *= np.exp(-a)


ACTIVATIONS: dict[str, Activation] = {
    "identity": Identity(),
    "logistic": Logistic(),
    "tanh": Tanh(),
    "relu": Relu(),
    "softplus": Softplus(),
}
