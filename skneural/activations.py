"""Activation functions of output layers."""

import numpy as np
from numpy.typing import ArrayLike

from skneural._typing import FloatArray

__all__ = ["sigmoid", "softmax"]


def sigmoid(x: ArrayLike) -> FloatArray:
    """Logistic sigmoid, ``1 / (1 + exp(-x))``, without overflow at any magnitude.

    Each element is computed independently, so the results need not sum to 1.

    Parameters
    ----------
    x : array-like of any shape
        Float32 and float64 keep their dtype; other numbers become float64.

    Returns
    -------
    ndarray of the same shape as `x`
        Values in [0, 1], with full relative accuracy even where they are tiny.

    Raises
    ------
    ValueError, TypeError
        If `x` has values that cannot be converted to numbers.

    See Also
    --------
    softmax : Activations that compete and sum to 1.

    References
    ----------
    D. E. Rumelhart, G. E. Hinton and R. J. Williams, "Learning representations by
    back-propagating errors", Nature 323, 1986.
    `doi:10.1038/323533a0 <https://doi.org/10.1038/323533a0>`_

    Examples
    --------
    >>> from skneural.activations import sigmoid
    >>> sigmoid([-1e4, 0.0, 1e4])
    array([0. , 0.5, 1. ])
    """
    x = _as_float(x)
    # exp(min(x, 0)) / (1 + exp(-|x|)): the argument of exp is never positive. In place, because
    # arrays that do not fit into the cache take longer to allocate than to compute.
    powers, decay = np.asarray(np.minimum(x, 0)), np.asarray(np.abs(x))
    np.negative(decay, out=decay)
    np.exp(decay, out=decay)
    decay += 1
    np.exp(powers, out=powers)
    powers /= decay
    return powers


def softmax(x: ArrayLike, axis: int = -1) -> FloatArray:
    """Softmax, ``exp(x_k) / sum_j exp(x_j)`` along an axis, without overflow.

    The results share a sum of 1: if one is greater, others are less.

    Parameters
    ----------
    x : array-like of two or more dimensions, such as (n_samples, n_classes)
        Float32 and float64 keep their dtype; other numbers become float64.
    axis : int, default=-1
        The axis along which the results sum to 1.

    Returns
    -------
    ndarray of the same shape as `x`
        Values in [0, 1].

    Raises
    ------
    ValueError
        If `x` has fewer than two dimensions: the softmax of a single number is always 1, and a
        1-d array could be one sample or one class of many samples.
    ValueError, TypeError
        If `x` has values that cannot be converted to numbers.

    See Also
    --------
    sigmoid : Activations that are independent of each other.

    References
    ----------
    J. S. Bridle, "Probabilistic interpretation of feedforward classification network outputs,
    with relationships to statistical pattern recognition", in: Neurocomputing, NATO ASI Series
    F 68, Springer, 1990.
    `doi:10.1007/978-3-642-76153-9_28 <https://doi.org/10.1007/978-3-642-76153-9_28>`_

    P. Blanchard, D. J. Higham and N. J. Higham, "Accurately computing the log-sum-exp and
    softmax functions", IMA Journal of Numerical Analysis 41, 2021.
    `doi:10.1093/imanum/draa038 <https://doi.org/10.1093/imanum/draa038>`_

    Examples
    --------
    >>> from skneural.activations import softmax
    >>> softmax([[0.0, 0.0], [1e4, -1e4]])
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    x = _as_float(x)
    if x.ndim < 2:
        raise ValueError(
            f"softmax needs an array of at least 2 dimensions, got {x.ndim}-d input. "
            "Give one sample as a row: x.reshape(1, -1)."
        )
    with np.errstate(over="ignore"):  # a difference beyond the range is -inf, and exp(-inf) is 0
        powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis=axis, keepdims=True))


def _as_float(x: ArrayLike) -> FloatArray:
    x = np.asarray(x)
    return x if x.dtype in (np.float32, np.float64) else x.astype(np.float64)


def softplus(z: FloatArray) -> FloatArray:
    """``log(1 + exp(z))`` without overflow; also ``-log(sigmoid(-z))``."""
    return np.asarray(np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))))
