"""Decision thresholds of several labels, tuned by cross-validation."""

from collections.abc import Callable
from copy import copy
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.model_selection import PredefinedSplit, cross_val_predict
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from skneural._data import code_columns, stratified_folds
from skneural._estimators.persistence import Estimator
from skneural._estimators.snapshot import on_snapshot
from skneural._estimators.threshold_search import best_threshold, check_scorer, presence
from skneural._inputs import Targets, check_labels, check_sample_weight, encode_targets
from skneural._inputs import parameters as check
from skneural._typing import FloatArray, IntArray


class TunedThresholdsClassifierCV(ClassifierMixin, MetaEstimatorMixin, Estimator):
    """Multilabel classifier that tunes a decision threshold for each label by cross-validation.

    A label is predicted where its probability is greater than its threshold. A threshold of 0.5
    minimises the number of errors, but other metrics, such as F1, often need another one,
    particularly for rare labels. `fit` predicts the probabilities of all rows by
    cross-validation, chooses for each label the threshold with the best score on these
    predictions, and then fits the estimator on all rows. For binary problems, use
    :class:`~sklearn.model_selection.TunedThresholdClassifierCV`.

    Parameters
    ----------
    estimator : estimator
        Multilabel classifier with `predict_proba`, or a pipeline that ends with one. It may come
        from another package.
    scoring : str or callable, default="f1"
        Metric to maximise for each label: the name of a scorer of binary predictions, such as
        "f1", "balanced_accuracy" or "jaccard", or a callable ``scorer(estimator, X, y)``, such as
        :func:`~sklearn.metrics.make_scorer` returns. It can call only ``estimator.predict(X)``,
        and must accept ``sample_weight`` if `fit` is given one. The names "accuracy",
        "balanced_accuracy", "f1", "jaccard", "matthews_corrcoef", "precision" and "recall" are
        fast, because these metrics depend only on counts; others are called once for each
        threshold of each label.
    thresholds : int, default=100
        Maximum number of thresholds to try for each label, in addition to 0.5. They lie halfway
        between the probability of a row with the label and the next lower probability; if there
        are more such positions, an evenly spaced subset is tried. A metric that rises with true
        positives and falls with false positives is best at one of these positions. Among equal
        scores, the threshold nearest to 0.5 is chosen.
    cv : int, splitter, iterable or None, default=None
        Number of folds (5 for None), or any other value that
        :func:`~sklearn.model_selection.cross_val_predict` accepts, provided that each row is in
        exactly one test fold. For None or a number, folds are stratified by label and depend
        only on `y`.
    n_jobs : int or None, default=None
        Number of folds to fit in parallel.

    Attributes
    ----------
    estimator_ : estimator
        The estimator fitted on all rows.
    thresholds_ : ndarray of shape (n_labels,)
        Threshold of each label. It is 0.5 if fewer than 5 rows have the label, or fewer than 5
        are known not to have it, because so few rows are not enough to choose a threshold. The
        thresholds can be passed to :class:`SigmoidMLPClassifier` as `threshold`.
    best_scores_ : ndarray of shape (n_labels,)
        Score of each label at its threshold, on the cross-validated predictions. It is slightly
        optimistic, as the threshold was chosen on the same predictions, and NaN where no
        threshold was chosen.
    classes_ : ndarray of shape (n_labels,)
        ``arange(n_labels)``.
    n_features_in_ : int
        Number of features, if `estimator_` defines it.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the features, if `estimator_` defines them.

    See Also
    --------
    ThresholdDisplay : Precision, recall and F1 of each label over the threshold.
    SigmoidMLPClassifier : Multilabel classifier that can use the thresholds.
    sklearn.model_selection.TunedThresholdClassifierCV : Tunes the threshold of a binary
        classifier.

    References
    ----------
    Z. C. Lipton, C. Elkan and B. Naryanaswamy, "Optimal thresholding of classifiers to maximize
    F1 measure", ECML PKDD 2014. `doi:10.1007/978-3-662-44851-9_15
    <https://doi.org/10.1007/978-3-662-44851-9_15>`_

    Examples
    --------
    >>> from sklearn.datasets import make_multilabel_classification
    >>> from skneural import SigmoidMLPClassifier, TunedThresholdsClassifierCV
    >>> X, Y = make_multilabel_classification(n_classes=3, random_state=0)
    >>> classifier = SigmoidMLPClassifier((), alpha=10.0, tol=1e-2, random_state=0)
    >>> tuned = TunedThresholdsClassifierCV(classifier).fit(X, Y)
    >>> tuned.thresholds_.shape
    (3,)
    >>> tuned.predict(X[:2])
    array([[0, 1, 0],
           [0, 1, 1]])
    """

    _fitted_names = ("estimator_", "thresholds_", "best_scores_", "classes_")

    estimator_: Any
    thresholds_: FloatArray
    best_scores_: FloatArray
    classes_: IntArray
    n_features_in_: int
    feature_names_in_: NDArray[Any]

    def __init__(
        self,
        estimator: Any,
        *,
        scoring: str | Callable[..., Any] = "f1",
        thresholds: int = 100,
        cv: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.estimator = estimator
        self.scoring = scoring
        self.thresholds = thresholds
        self.cv = cv
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Choose the thresholds and fit the estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, in any form that `estimator` accepts.
        y : {array-like, sparse matrix} of shape (n_samples, n_labels)
            A 0/1 indicator. Missing labels are NaN, if `estimator` accepts them.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, for `estimator` and for the metric. A pipeline accepts them only
            if scikit-learn's metadata routing is enabled and its final step requests them.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        TypeError
            If `estimator` has no `predict_proba`.
        ValueError
            If `y` is not a multilabel indicator, or a parameter is invalid.
        """
        if not hasattr(self.estimator, "predict_proba"):
            raise TypeError(
                "estimator must be a classifier with predict_proba; got "
                f"{type(self.estimator).__name__}."
            )
        n_thresholds = check.whole_number("thresholds", self.thresholds, 1)
        score = check_scorer(self.scoring, is_weighted=sample_weight is not None)
        labels = check_labels(y, "y", may_be_missing=True)
        targets, codes = encode_targets(labels)
        if not targets.is_multilabel:
            raise ValueError(
                "y must be a multilabel indicator: zeros and ones, with a column for each of "
                f"several labels; got {targets.kind} of shape {labels.shape}. For a binary y, use "
                "sklearn.model_selection.TunedThresholdClassifierCV."
            )
        params = {}
        if sample_weight is not None:
            params["sample_weight"] = check_sample_weight(sample_weight, labels)
        held_out = self._held_out(X, y, codes, params)
        choices = []
        for probability, code in zip(held_out.T, code_columns(codes), strict=True):
            known = code >= 0
            if params:  # rows of weight zero do not count
                known &= params["sample_weight"] > 0
            weights = {name: weight[known] for name, weight in params.items()}
            choices.append(
                best_threshold(score, probability[known], code[known], n_thresholds, weights)
            )
        fitted = copy(self)
        fitted.estimator_ = clone(self.estimator).fit(X, y, **params)
        fitted.thresholds_, fitted.best_scores_ = np.array(choices).T
        fitted.classes_ = targets.classes
        for name in ("n_features_in_", "feature_names_in_"):
            fitted.__dict__.pop(name, None)  # from an earlier fit
            if hasattr(fitted.estimator_, name):
                setattr(fitted, name, getattr(fitted.estimator_, name))
        self.__dict__ = fitted.__dict__
        return self

    @on_snapshot
    def predict(self, X: Any) -> IntArray:
        """Predict the labels whose probability is greater than their threshold.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, in any form that `estimator` accepts.

        Returns
        -------
        ndarray of shape (n_samples, n_labels)
            Predicted labels as a 0/1 indicator.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If this estimator is not fitted.
        """
        return (self.predict_proba(X) > self.thresholds_).astype(int)

    @on_snapshot
    def predict_proba(self, X: Any) -> FloatArray:
        """Predict the probability of each label.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, in any form that `estimator` accepts.

        Returns
        -------
        ndarray of shape (n_samples, n_labels)
            Probability that each label is present, according to `estimator_`.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If this estimator is not fitted.
        """
        check_is_fitted(self)
        return presence(self.estimator_.predict_proba(X), self.estimator_.classes_)

    @on_snapshot
    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Compute the accuracy: the share of rows whose known labels are all predicted correctly.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, in any form that `estimator` accepts.
        y : {array-like, sparse matrix} of shape (n_samples, n_labels)
            True labels as a 0/1 indicator. Missing labels are NaN and ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows; 1 by default.

        Returns
        -------
        float
            Accuracy, in [0, 1].

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If this estimator is not fitted.
        ValueError
            If `y` does not match the predictions, or has no known label in rows with a weight.
        """
        predicted = self.predict(X)
        y = check_labels(y, "y", may_be_missing=True)
        weight = check_sample_weight(sample_weight, predicted)
        return Targets("multilabel-indicator", self.classes_).accuracy(predicted, y, weight)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = get_tags(self.estimator).input_tags.sparse
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.multi_label = True
        return tags

    def _held_out(self, X, y, codes, params) -> FloatArray:
        """Predict the probabilities of each row by an estimator that was fitted without it."""
        cv = 5 if self.cv is None else self.cv
        if isinstance(cv, Integral):
            n_folds, n_rows = check.whole_number("cv", cv, 2), codes.shape[0]
            if n_folds > n_rows:
                raise ValueError(f"cv must be at most the number of rows, {n_rows}; got {cv}.")
            cv = PredefinedSplit(stratified_folds(codes, n_folds, np.random.RandomState(0)))
        estimator = _Presence(self.estimator)
        if params and get_config()["enable_metadata_routing"]:
            estimator.set_fit_request(sample_weight=True)
        held_out = cross_val_predict(estimator, X, y, cv=cv, n_jobs=self.n_jobs, params=params)
        if held_out.shape != codes.shape or not np.isfinite(held_out).all():
            raise ValueError(
                f"predict_proba of {type(self.estimator).__name__} must return a finite "
                f"probability for each of the {codes.shape[1]} labels; got shape {held_out.shape} "
                f"with {int((~np.isfinite(held_out)).sum())} values that are not finite."
            )
        return np.asarray(held_out, dtype=np.float64)


class _Presence(BaseEstimator):
    """Wraps an estimator so that `predict` returns its probabilities.

    With ``method="predict_proba"``, `cross_val_predict` would encode the values of each column of
    `y` as classes, including NaN.
    """

    def __init__(self, estimator):
        self.estimator = estimator

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags

    def fit(self, X, y, sample_weight=None):
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        self.estimator_ = clone(self.estimator).fit(X, y, **weights)
        return self

    def predict(self, X):
        return presence(self.estimator_.predict_proba(X), self.estimator_.classes_)
