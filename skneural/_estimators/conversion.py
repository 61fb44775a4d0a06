"""Conversion of a network to scikit-learn's classes, for tools that support only those.

MLPClassifier chooses its output by the target: a softmax for more than two classes, and otherwise
a sigmoid for each label. The softmax of two units is the sigmoid of the difference of their
logits, and logits are linear in the weights of the last layer::

    p_1 = exp(z_1) / (exp(z_0) + exp(z_1)) = sigmoid(z_1 - z_0)        z_k = b_k + h . w_k
                                           = sigmoid((b_1 - b_0) + h . (w_1 - w_0))

So the decision scores of the weights are the weights of MLPClassifier's output units.

Sigmoids of several classes become a OneVsRestClassifier, with an MLPClassifier for each class. They
share the hidden layers. OneVsRestClassifier divides probabilities by their sum, as `predict_proba`
does.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neural_network import MLPClassifier

from skneural._estimators.snapshot import on_snapshot
from skneural._inputs import Targets, shown
from skneural._network import Output
from skneural._typing import FloatArray

_ACTIVATIONS = ("identity", "logistic", "tanh", "relu")
_ENDS_AT_ONCE = 1e9  # a tolerance above every gradient, so that there is no iteration


class SklearnConversion:
    """Conversion of a fitted classifier to scikit-learn's class."""

    _fitted: Callable[[], tuple[Targets, Output]]

    @on_snapshot
    def to_sklearn(self) -> MLPClassifier | OneVsRestClassifier:
        """Convert to a fitted classifier of scikit-learn with the same predictions.

        It is for tools that support only its classes, such as exporters to ONNX. Labels and
        probabilities agree up to rounding errors; scikit-learn computes logarithms from rounded
        probabilities.

        Two competing units become one, with the difference of their weights. Sigmoids of several
        classes become a network for each class, with the same hidden layers, because MLPClassifier
        has a softmax for several classes. The hidden layers are stored once, also by skl2onnx, but
        computed for each class.

        The weights are copied. The solver is "lbfgs" and other parameters of training are
        scikit-learn's defaults, so fitting the result again gives another network.

        Returns
        -------
        :class:`~sklearn.neural_network.MLPClassifier` or \
:class:`~sklearn.multiclass.OneVsRestClassifier`
            The latter for sigmoids of more than two classes. It has the classes, weights,
            iterations and feature names of the network; an MLPClassifier also has its loss.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ValueError
            If MLPClassifier cannot express the network: "softplus", "silu" or different
            activations of hidden layers; multiclass-multioutput targets; a `threshold` other than
            0.5.

        Examples
        --------
        >>> from sklearn.datasets import load_iris
        >>> from skneural import SoftmaxMLPClassifier
        >>> X, y = load_iris(return_X_y=True)
        >>> classifier = SoftmaxMLPClassifier(
        ...     hidden_layer_sizes=(10,), activation="tanh", alpha=1.0,
        ...     max_iter=500, random_state=0,
        ... ).fit(X, y)
        >>> converted = classifier.to_sklearn()
        >>> converted
        MLPClassifier(activation='tanh', hidden_layer_sizes=(10,), solver='lbfgs')
        >>> bool((converted.predict(X) == classifier.predict(X)).all())
        True
        """
        return _converted(self, *self._fitted())


def _converted(
    estimator: Any, targets: Targets, output: Output
) -> MLPClassifier | OneVsRestClassifier:
    """A fitted classifier of scikit-learn with the same predictions as a fitted estimator.

    Raises
    ------
    ValueError
        If MLPClassifier cannot express the network.
    """
    activations = sorted(set(estimator._activation_names))
    if obstacle := _obstacle(estimator, targets, activations):
        raise ValueError(f"MLPClassifier cannot express this network: {obstacle}")
    *hidden, (coef, intercept) = zip(estimator.coefs_, estimator.intercepts_, strict=True)
    sizes = tuple(len(biases) for _, biases in hidden)
    unfitted = MLPClassifier(sizes, *activations, solver="lbfgs")
    hidden = [(weights.copy(), biases.copy()) for weights, biases in hidden]
    scores = output.decision_scores(coef), output.decision_scores(intercept[None])[0]
    one_vs_rest = max(targets.n_classes) > 2 and not output.competes
    model = _fitted_to(targets, one_vs_rest=one_vs_rest)
    if one_vs_rest:
        model.estimator = unfitted
        for k, unit in enumerate(model.estimators_):
            _set_network(unit, unfitted, [*hidden, [part[..., [k]] for part in scores]], estimator)
            del unit.loss_  # that of the unit alone is not known
        _set_features(model, estimator)
        return model
    _set_network(model, unfitted, [*hidden, [part.copy() for part in scores]], estimator)
    model.loss_ = estimator.loss_
    model.loss_curve_ = list(estimator.loss_curve_)
    return model


def _set_network(
    model: MLPClassifier,
    unfitted: MLPClassifier,
    layers: Sequence[Sequence[FloatArray]],
    estimator: Any,
) -> None:
    """Replace parameters and weights of a fitted MLPClassifier."""
    model.set_params(**unfitted.get_params())
    model.coefs_, model.intercepts_ = map(list, zip(*layers, strict=True))
    model.n_layers_ = estimator.n_layers_
    model.n_iter_ = estimator.n_iter_
    _set_features(model, estimator)


def _set_features(model: Any, estimator: Any) -> None:
    """Copy the number and names of the features."""
    model.n_features_in_ = estimator.n_features_in_
    if hasattr(estimator, "feature_names_in_"):
        model.feature_names_in_ = estimator.feature_names_in_.copy()


def _obstacle(estimator: Any, targets: Targets, activations: list[str]) -> str | None:
    """The property of the network that MLPClassifier cannot express, and what to do; or None."""
    if targets.is_multioutput:
        return "y has several columns of classes. Fit an estimator for each column."
    threshold = getattr(estimator, "threshold", 0.5)
    if np.not_equal(threshold, 0.5).any():
        return (
            f"it predicts what is more probable than 0.5, but threshold={shown(threshold)}. "
            "Convert with set_params(threshold=0.5), and compare probabilities with the threshold."
        )
    if len(activations) > 1:
        return (
            "it has one activation for all hidden layers, but these are "
            f"{estimator._activation_names}. Fit with one of {', '.join(_ACTIVATIONS)}."
        )
    if not set(activations) <= set(_ACTIVATIONS):
        return f"it does not have {activations[0]!r}. Fit with one of {', '.join(_ACTIVATIONS)}."
    return None


def _fitted_to(targets: Targets, *, one_vs_rest: bool) -> Any:
    """An MLPClassifier, or one for each class, fitted to made-up data with the same classes."""
    if targets.is_multilabel:
        y = np.repeat([[0], [1]], len(targets.classes), axis=1)
    else:
        y = np.tile(targets.classes, 2)
    model = MLPClassifier((), solver="lbfgs", tol=_ENDS_AT_ONCE, random_state=0)
    model = OneVsRestClassifier(model) if one_vs_rest else model
    return model.fit(np.zeros((len(y), 1)), y)
