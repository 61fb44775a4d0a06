"""Predictions of a fitted network, block by block."""

from abc import ABCMeta, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.validation import check_is_fitted

from skneural._dask import check_names, in_memory, is_dask, map_chunks
from skneural._data import computation_dtype, map_rows
from skneural._estimators.conversion import SklearnConversion
from skneural._estimators.linear import LinearAttributes
from skneural._estimators.snapshot import on_snapshot
from skneural._inputs import Targets, check_column_order, check_labels, check_sample_weight
from skneural._inputs import parameters as check
from skneural._network import (
    ACTIVATIONS,
    Activation,
    ForwardPass,
    Layer,
    Output,
    Workspace,
    cast,
    forward,
)
from skneural._typing import FloatArray
from skneural.activations import sigmoid, softplus


class NetworkPredictor(
    SklearnConversion,
    LinearAttributes,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    ClassifierMixin,
    metaclass=ABCMeta,
):
    """Prediction methods, which use the fitted attributes."""

    @abstractmethod
    def _make_output(self, n_classes: list[int], **loss_parameters: Any) -> Output:
        """The output layer for targets with these numbers of classes."""

    @on_snapshot
    def predict(self, X: Any) -> Any:
        """Predict labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples. For a dask array or dataframe, the result consists of lazy dask arrays.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Labels in the form of the `y` given to `fit`: classes; a dense 0/1 indicator for
            multilabel `y`; a column of classes per output for multiclass-multioutput `y`.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ValueError
            If `X` has other features than in `fit`, or values that are not finite numbers.
        """
        targets, output = self._fitted()
        return self._map_logits(X, lambda logits: targets.decode(output.decide(logits)))

    @on_snapshot
    def predict_proba(self, X: Any) -> Any:
        """Estimate class probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples. For a dask array or dataframe, the result consists of lazy dask arrays.

        Returns
        -------
        ndarray or list of ndarray
            - binary and multiclass: (n_samples, n_classes), rows sum to 1;
            - multilabel: (n_samples, n_labels), the probability that a label is present;
            - multiclass-multioutput: a list with (n_samples, n_classes) for each output.

            Float32 if `X` is float32, else float64.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ValueError
            If `X` has other features than in `fit`, or values that are not finite numbers.
        """
        targets, output = self._fitted()
        values = self._map_logits(X, partial(_probabilities, targets, output))
        return output.coding.classes.split(values) if targets.is_multioutput else values

    @on_snapshot
    def predict_log_proba(self, X: Any) -> Any:
        """Estimate logarithms of class probabilities, accurate even where these underflow.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples. For a dask array or dataframe, the result consists of lazy dask arrays.

        Returns
        -------
        ndarray or list of ndarray
            In the form and shapes of `predict_proba`.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ValueError
            If `X` has other features than in `fit`, or values that are not finite numbers.
        """
        targets, output = self._fitted()
        values = self._map_logits(X, partial(_log_probabilities, targets, output))
        return output.coding.classes.split(values) if targets.is_multioutput else values

    @on_snapshot
    def decision_function(self, X: Any) -> Any:
        """Compute decision scores: logits, before the output activation.

        For two competing units, the score is the difference of their logits. A positive score
        always means that the second class, or the presence of a label, is more probable.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples. For a dask array or dataframe, the result consists of lazy dask arrays.

        Returns
        -------
        ndarray or list of ndarray
            - binary: (n_samples,);
            - multiclass: (n_samples, n_classes);
            - multilabel: (n_samples, n_labels);
            - multiclass-multioutput: a list with an array for each output, (n_samples,) if
              it has two classes, else (n_samples, n_classes).

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ValueError
            If `X` has other features than in `fit`, or values that are not finite numbers.
        """
        targets, output = self._fitted()
        values = self._map_logits(X, output.decision_scores)
        if targets.is_multilabel:
            return values
        scores = output.coding.split_scores(values)
        return scores if targets.is_multioutput else scores[0]

    @on_snapshot
    def predict_activations(self, X: Any) -> Any:
        """Compute the activations of the output units.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples. For a dask array or dataframe, the result consists of lazy dask arrays.

        Returns
        -------
        ndarray of shape (n_samples, n_units) or list of ndarray
            Activations in [0, 1]. Softmax has a unit for each class; for a multilabel `y` two for
            each label, absent and present in turn. Sigmoid has a unit for each class or label,
            and a single one, for the second class, if there are two classes. For a
            multiclass-multioutput `y`, a list with an array for each output.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ValueError
            If `X` has other features than in `fit`, or values that are not finite numbers.
        """
        targets, output = self._fitted()
        values = self._map_logits(X, output.activations)
        return output.coding.units.split(values) if targets.is_multioutput else values

    @on_snapshot
    def transform(self, X: Any) -> Any:
        """Compute the activations of the last hidden layer, the learned features.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples. For a dask array or dataframe, the result consists of lazy dask arrays.

        Returns
        -------
        ndarray of shape (n_samples, hidden_layer_sizes[-1])
            Activations of that layer. Without a hidden layer, `X` itself, dense or sparse.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ValueError
            If `X` has other features than in `fit`, or values that are not finite numbers.
        """
        check_is_fitted(self)
        X = self._check_features(X)
        if len(self.coefs_) == 1:
            return X.astype(computation_dtype(X.dtype), copy=False)
        return self._map_passes(X, lambda passed: passed.inputs[-1])

    @on_snapshot
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Compute the accuracy: the share of rows in which every output is right.

        With `missing_labels="ignore"`, missing labels are ignored, and rows without any label do
        not count. If `y` has class probabilities, a prediction counts as the probability of its
        class.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples; or a dask array or dataframe.
        y : {array-like, sparse matrix} of shape (n_samples,), (n_samples, n_outputs) or \
(n_samples, n_classes)
            The true labels, in the form of the `y` given to `fit`; or a row of class probabilities
            for each sample. Of dask collections, labels and predictions are fetched, but not
            features.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, 1 by default.

        Returns
        -------
        float
            In [0, 1]; higher is better.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ValueError
            If `y` does not fit the predictions, or all labels are missing.
        """
        targets, _ = self._fitted()
        if targets.is_single:
            check_column_order(y, targets.classes, "y")
        predicted, y, sample_weight = map(in_memory, (self.predict(X), y, sample_weight))
        may_be_missing = check.labels_may_be_missing(self.missing_labels)
        y = check_labels(y, "y", may_be_missing=may_be_missing)
        weight = check_sample_weight(sample_weight, predicted)
        if predicted.ndim == 1 and not targets.has_probabilities(y):
            return float(accuracy_score(y, predicted, sample_weight=weight))
        return targets.accuracy(predicted, y, weight)

    @property
    def _n_features_out(self) -> int:
        return len(self.coefs_[-1])

    @property
    def _targets(self) -> Targets:
        return Targets(self._target_kind, self.classes_)

    def _fitted(self) -> tuple[Targets, Output]:
        check_is_fitted(self)
        targets = self._targets
        return targets, self._make_output(targets.n_classes)

    def _check_features(self, X: Any) -> Any:
        if is_dask(X):
            return check_names(self, X)
        return check.check_features(self, X, reset=False)

    def _map_logits(self, X: Any, function: Callable[[FloatArray], Any]) -> Any:
        return self._map_passes(self._check_features(X), lambda passed: function(passed.logits))

    def _map_passes(self, X: Any, function: Callable[[ForwardPass], Any]) -> Any:
        """A function of the forward passes of all blocks of rows, in one array."""
        dtype = computation_dtype(X.dtype)
        layers = [
            Layer(cast(intercept, dtype), cast(coef, dtype))
            for intercept, coef in zip(self.intercepts_, self.coefs_, strict=True)
        ]
        activations = [ACTIVATIONS[name] for name in self._activation_names]
        values = partial(_of_pass, function, layers, activations)
        width = max(coef.shape[1] for coef in self.coefs_)
        if is_dask(X):
            return map_chunks(partial(map_rows, values, width=width), X)
        work = float(X.shape[0]) * sum(coef.size for coef in self.coefs_)
        return map_rows(partial(values, workspace=Workspace()), X, width, work)


def _of_pass(
    function: Callable[[ForwardPass], Any],
    layers: Sequence[Layer],
    activations: Sequence[Activation],
    X: Any,
    workspace: Workspace | None = None,
) -> Any:
    with np.errstate(over="ignore", invalid="ignore"):
        passed = forward(layers, activations, X, workspace)
    if not np.isfinite(passed.logits).all():
        raise ValueError(
            f"X has values that are too large for the network: its outputs overflow in {X.dtype}. "
            "Were the features scaled like those in fit?"
        )
    return function(passed)


def _probabilities(targets: Targets, output: Output, logits: FloatArray) -> FloatArray:
    """Probabilities in class space, or for a multilabel `y`, those of the presence of labels."""
    if targets.is_multilabel:
        return sigmoid(output.decision_scores(logits))
    return output.probabilities(logits)


def _log_probabilities(targets: Targets, output: Output, logits: FloatArray) -> FloatArray:
    if targets.is_multilabel:
        values = -softplus(-output.decision_scores(logits))
    else:
        values = output.log_probabilities(logits)
    values[_probabilities(targets, output, logits) == 1] = 0
    return values


def fitted_output(classifier: NetworkPredictor) -> tuple[Targets, Output]:
    """The targets and the output layer of a fitted classifier."""
    return classifier._fitted()
