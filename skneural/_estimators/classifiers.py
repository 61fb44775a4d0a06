"""The two public classifiers."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from skneural._estimators.base import BaseMLPClassifier, ClassWeight
from skneural._estimators.docstrings import inherit_docstring
from skneural._inputs import parameters as check
from skneural._network import Output, SigmoidOutput, SoftmaxOutput


@inherit_docstring
class SoftmaxMLPClassifier(BaseMLPClassifier):
    """Multi-layer perceptron with competing output units: softmax and cross-entropy.

    For each target, the activations of the output units are probabilities that sum to 1. A binary
    or multiclass `y` is one target with a unit for each class; each label of a multilabel `y` is
    a target with two units, absent and present; each column of a multiclass-multioutput `y` is a
    target with a unit for each class. With logits z and weights w, the solver minimises, on all
    the data at once::

        (1 / S) sum_i w_i (logsumexp(z_i) - z_i[y_i])
            + alpha / (2 S) sum_l ||W_l||^2

    where i counts rows and l layers, S is the sum of the weights, and w includes the class
    weights. With several targets, their losses are added, and S is the mean of their sums. Biases
    are not penalised.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Number of units in each hidden layer. Without hidden layers, ``()``, the model is
        multinomial logistic regression.
    label_smoothing : float in [0, 1), default=0.0
        Share of each label that is spread evenly over the classes of its target.

    Attributes
    ----------
    out_activation_ : str
        "softmax".

    See Also
    --------
    SigmoidMLPClassifier : Output units that are independent of each other.

    References
    ----------
    J. S. Bridle, "Probabilistic interpretation of feedforward classification network outputs,
    with relationships to statistical pattern recognition", in: Neurocomputing, NATO ASI Series
    F 68, Springer, 1990.
    `doi:10.1007/978-3-642-76153-9_28 <https://doi.org/10.1007/978-3-642-76153-9_28>`_

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skneural import SoftmaxMLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = SoftmaxMLPClassifier(
    ...     hidden_layer_sizes=(10,), activation="tanh", alpha=1.0,
    ...     max_iter=500, random_state=0,
    ... ).fit(X, y)
    >>> classifier.predict(X[::50])
    array([0, 1, 2])
    >>> classifier.predict_proba(X[::50]).round(1)
    array([[1., 0., 0.],
           [0., 1., 0.],
           [0., 0., 1.]])
    >>> classifier.predict_activations(X[:3]).sum(axis=1).round(6)
    array([1., 1., 1.])
    >>> classifier.transform(X).shape
    (150, 10)
    >>> bool(classifier.score(X, y) > 0.97)
    True
    >>> classifier.stop_reason_
    'tol'
    """

    def _make_output(self, n_classes: list[int], **loss_parameters: Any) -> Output:
        return SoftmaxOutput(n_classes, **loss_parameters)


@inherit_docstring
class SigmoidMLPClassifier(BaseMLPClassifier):
    """Multi-layer perceptron with independent output units: sigmoids and binary cross-entropy.

    Each activation is in (0, 1), and the activations need not sum to 1: all may be low, or
    several high. A binary `y` has one unit; a multiclass `y` has one-vs-rest units, one for each
    class, and `predict` chooses the class with the largest activation; a multilabel `y` has a
    unit for each label, which is predicted if its activation is above `threshold`; each column of
    a multiclass-multioutput `y` has units of its own. With logits z, targets t of 0 or 1 and
    weights w, the solver minimises, on all the data at once::

        (1 / S) sum_i w_i sum_k (softplus(z_ik) - t_ik z_ik)
            + alpha / (2 S) sum_l ||W_l||^2

    where i counts rows, k units and l layers, S is the sum of the weights, and w includes the
    class weights. With several targets, their losses are added, and S is the mean of their sums.
    Biases are not penalised.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Number of units in each hidden layer. Without hidden layers, ``()``, the model is a
        logistic regression for each unit.
    label_smoothing : float in [0, 1), default=0.0
        Share of each label that is spread evenly over yes and no.
    threshold : float or array-like of shape (n_labels,), default=0.5
        A label, or the second of two classes, is predicted if its activation is greater. The
        threshold is used only in predictions: after ``set_params``, there is no need to fit again.

    Attributes
    ----------
    out_activation_ : str
        "logistic", scikit-learn's name of the sigmoid.

    See Also
    --------
    SoftmaxMLPClassifier : Output units that compete and sum to 1.

    References
    ----------
    R. Rifkin and A. Klautau, "In defense of one-vs-all classification", Journal of Machine
    Learning Research 5, 2004. https://www.jmlr.org/papers/v5/rifkin04a.html

    Examples
    --------
    Two labels at once:

    >>> from sklearn.datasets import make_multilabel_classification
    >>> from skneural import SigmoidMLPClassifier
    >>> X, Y = make_multilabel_classification(n_classes=2, random_state=0)
    >>> classifier = SigmoidMLPClassifier(
    ...     hidden_layer_sizes=(10,), activation="tanh", alpha=10.0,
    ...     max_iter=500, random_state=0,
    ... ).fit(X, Y)
    >>> classifier.predict(X[:3])
    array([[0, 1],
           [1, 0],
           [1, 0]])
    >>> classifier.predict_proba(X[:3]).shape
    (3, 2)

    The activations of a row need not sum to 1:

    >>> classifier.predict_activations(X[:3]).sum(axis=1) > 1
    array([False,  True,  True])

    A lower threshold for the second label:

    >>> classifier.set_params(threshold=[0.5, 0.3]).predict(X[:3])
    array([[0, 1],
           [1, 1],
           [1, 1]])
    """

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: str | Sequence[str] = "relu",
        *,
        alpha: float | Literal["auto"] = "auto",
        solver: Literal["lbfgs", "newton-cg"] = "lbfgs",
        preconditioner: Literal["auto", "kronecker", "diagonal"] | None = "auto",
        max_iter: int = 1000,
        tol: float | Literal["auto"] = "auto",
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 10,
        class_weight: ClassWeight = None,
        label_smoothing: float = 0.0,
        missing_labels: Literal["error", "ignore"] = "error",
        n_init: int = 1,
        warm_start: bool = False,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
        threshold: ArrayLike = 0.5,
    ) -> None:
        super().__init__(
            hidden_layer_sizes,
            activation,
            alpha=alpha,
            solver=solver,
            preconditioner=preconditioner,
            max_iter=max_iter,
            tol=tol,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            n_iter_no_change=n_iter_no_change,
            class_weight=class_weight,
            label_smoothing=label_smoothing,
            missing_labels=missing_labels,
            n_init=n_init,
            warm_start=warm_start,
            n_jobs=n_jobs,
            random_state=random_state,
            verbose=verbose,
        )
        self.threshold = threshold

    def _make_output(self, n_classes: list[int], **loss_parameters: Any) -> Output:
        threshold = check.decision_threshold(self.threshold, n_classes)
        return SigmoidOutput(n_classes, threshold=threshold, **loss_parameters)
