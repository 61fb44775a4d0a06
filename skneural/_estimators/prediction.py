"""What a fitted network says of new rows, block by block."""

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
from skneural._estimators.conversion import mlp_classifier
from skneural._inputs import Targets, check_labels, check_sample_weight
from skneural._inputs import parameters as check
from skneural._network import ACTIVATIONS, Activation, Layer, Output, forward, split_columns
from skneural._typing import FloatArray

_MISSING_LABELS = {"error": False, "ignore": True}


class NetworkPredictor(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClassifierMixin, metaclass=ABCMeta
):
    """Prediction methods, from the attributes that `fit` leaves."""

    @abstractmethod
    def _make_output(self, n_classes: list[int], **loss_parameters: Any) -> Output:
        """The output layer for targets with these numbers of classes."""

    def predict(self, X):
        """Predict labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples, with the features that were fitted. For a dask array or dataframe, what
            is returned are dask arrays, which are not computed yet.

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
            If `X` does not have the features that were fitted, or not all are finite numbers.
        """
        targets, output = self._fitted()
        return self._map_logits(X, lambda logits: targets.decode(output.decide(logits)))

    def predict_proba(self, X):
        """Estimate class probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples, with the features that were fitted. For a dask array or dataframe, what
            is returned are dask arrays, which are not computed yet.

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
            If `X` does not have the features that were fitted, or not all are finite numbers.
        """
        targets, output = self._fitted()
        values = self._map_logits(
            X, lambda logits: np.exp(targets.present(output.log_probabilities(logits)))
        )
        return output.coding.split_classes(values) if targets.is_multioutput else values

    def predict_log_proba(self, X):
        """Estimate logarithms of class probabilities, accurate also where those underflow.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples, with the features that were fitted. For a dask array or dataframe, what
            is returned are dask arrays, which are not computed yet.

        Returns
        -------
        ndarray or list of ndarray
            In the form and shapes of `predict_proba`.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ValueError
            If `X` does not have the features that were fitted, or not all are finite numbers.
        """
        targets, output = self._fitted()
        values = self._map_logits(X, partial(_log_probabilities, targets, output))
        return output.coding.split_classes(values) if targets.is_multioutput else values

    def decision_function(self, X):
        """Compute logits, the scores before the output activation.

        Of two units that compete it is the difference of their logits, so that a positive
        score always means that the second class, or a label, is the more probable.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples, with the features that were fitted. For a dask array or dataframe, what
            is returned are dask arrays, which are not computed yet.

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
            If `X` does not have the features that were fitted, or not all are finite numbers.
        """
        targets, output = self._fitted()
        values = self._map_logits(X, output.decision_scores)
        if targets.is_multilabel:
            return values
        widths = [1 if k == 2 else k for k in targets.n_classes]
        scores = [
            part[:, 0] if width == 1 else part
            for part, width in zip(split_columns(values, widths), widths, strict=True)
        ]
        return scores if targets.is_multioutput else scores[0]

    def predict_activations(self, X):
        """Compute what the output units say, before any normalisation.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples, with the features that were fitted. For a dask array or dataframe, what
            is returned are dask arrays, which are not computed yet.

        Returns
        -------
        ndarray of shape (n_samples, n_units) or list of ndarray
            Activations in [0, 1]. Softmax has a unit per class; for a multilabel `y` two per
            label, absent and present in turn. Sigmoid has a unit per class or label, and a
            single one, for the second class, if there are two classes. For a
            multiclass-multioutput `y` a list with an array for each output.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ValueError
            If `X` does not have the features that were fitted, or not all are finite numbers.
        """
        targets, output = self._fitted()
        values = self._map_logits(X, output.activations)
        return output.coding.split(values) if targets.is_multioutput else values

    def transform(self, X):
        """Compute the activations of the last hidden layer: the features that were learned.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples, with the features that were fitted. For a dask array or dataframe, what
            is returned are dask arrays, which are not computed yet.

        Returns
        -------
        ndarray of shape (n_samples, hidden_layer_sizes[-1])
            What the units of that layer say of each sample. Without a hidden layer it is `X`
            itself, dense or sparse.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ValueError
            If `X` does not have the features that were fitted, or not all are finite numbers.
        """
        X = self._check_features(X)
        if len(self.coefs_) == 1:
            return X.astype(computation_dtype(X.dtype), copy=False)
        return self._map_layers(X, lambda values: values[-2])

    def score(self, X, y, sample_weight=None):
        """Compute the accuracy: the share of rows in which every output is right.

        Of labels that are missing, with `missing_labels="ignore"`, nothing has to be right, and
        rows of which nothing is known do not count. Where `y` has a row of class probabilities
        for each sample, a prediction is as right as its class is probable.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples, with the features that were fitted; or a dask array or dataframe.
        y : {array-like, sparse matrix} of shape (n_samples,), (n_samples, n_outputs) or \
(n_samples, n_classes)
            Their true labels, in the form of the `y` that was fitted; or a row of class
            probabilities for each sample. Labels and predictions in dask collections are
            fetched, features are not.
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
            If `y` does not fit the predictions, or nothing is known of any row.
        """
        targets, _ = self._fitted()
        predicted, y, sample_weight = map(in_memory, (self.predict(X), y, sample_weight))
        y = self._check_labels(y, "y")
        if predicted.ndim == 1 and not targets.has_probabilities(y):
            return accuracy_score(y, predicted, sample_weight=sample_weight)
        return targets.accuracy(predicted, y, check_sample_weight(sample_weight, predicted))

    def to_sklearn(self):
        """Convert to a fitted MLPClassifier of scikit-learn, which predicts the same.

        It is for tools that know that class alone, such as exporters to ONNX. Labels and
        probabilities agree to rounding; scikit-learn computes them in float64, and their
        logarithms from what is rounded already.

        Of two units that compete, it has one, with the difference of their weights. It has
        copies of the weights, and ``solver="lbfgs"``; other parameters of training are
        scikit-learn's defaults, so fitting it again gives another network.

        Returns
        -------
        :class:`~sklearn.neural_network.MLPClassifier`
            With the network's classes, weights, loss, iterations and names of features.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        ValueError
            If MLPClassifier cannot express the network: "softplus" or several kinds of hidden
            layers; multiclass-multioutput targets; sigmoids for more than two classes; a
            `threshold` other than 0.5.

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
        return mlp_classifier(self, *self._fitted())

    @property
    def _n_features_out(self):
        return self.coefs_[-1].shape[0]

    @property
    def _targets(self) -> Targets:
        return Targets(self._target_kind, self.classes_)

    def _fitted(self) -> tuple[Targets, Output]:
        check_is_fitted(self)
        return self._targets, self._make_output(self._targets.n_classes)

    @property
    def _labels_may_be_missing(self) -> bool:
        return check.choice("missing_labels", self.missing_labels, _MISSING_LABELS)

    def _check_labels(self, y: Any, name: str) -> Any:
        return check_labels(y, name, may_be_missing=self._labels_may_be_missing)

    def _check_features(self, X) -> Any:
        check_is_fitted(self)
        if is_dask(X):
            return check_names(self, X)
        return check.check_features(self, X, reset=False)

    def _map_logits(self, X, function: Callable[[FloatArray], Any]) -> Any:
        return self._map_layers(self._check_features(X), lambda values: function(values[-1]))

    def _map_layers(self, X, function: Callable[[list[Any]], Any]) -> Any:
        """A function of the values of all layers, for all rows, in one array."""
        dtype = computation_dtype(X.dtype)
        layers = [
            Layer(intercept.astype(dtype), coef.astype(dtype))
            for intercept, coef in zip(self.intercepts_, self.coefs_, strict=True)
        ]
        activations = [ACTIVATIONS[name] for name in self._activation_names]
        values = partial(_values, function, layers, activations)
        if is_dask(X):
            return map_chunks(partial(map_rows, values), X)
        return map_rows(values, X, work=float(X.shape[0]) * sum(coef.size for coef in self.coefs_))


def _values(
    function: Callable[[list[Any]], Any],
    layers: Sequence[Layer],
    activations: Sequence[Activation],
    X: Any,
) -> Any:
    return function(forward(layers, activations, X))


def _log_probabilities(targets: Targets, output: Output, logits: FloatArray) -> FloatArray:
    values = targets.present(output.log_probabilities(logits))
    return np.where(np.exp(values) == 1, 0, values)  # 0 where `predict_proba` is 1
