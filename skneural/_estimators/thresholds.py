"""Thresholds of several labels, chosen from data."""

from numbers import Integral

import numpy as np
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.model_selection import PredefinedSplit, cross_val_predict
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from skneural._data import code_columns, stratified_folds
from skneural._estimators.persistence import Estimator
from skneural._estimators.threshold_search import best_threshold, check_scorer, presence
from skneural._inputs import Targets, check_labels, check_sample_weight, encode_targets
from skneural._inputs import parameters as check
from skneural._typing import FloatArray


class TunedThresholdsClassifierCV(ClassifierMixin, MetaEstimatorMixin, Estimator):
    """Classifier of several labels with a threshold for each that was chosen from data.

    A label is predicted where its probability is above its threshold. 0.5 is right for the number
    of errors, but rarely for F1 and other metrics, least of all for rare labels. `fit` predicts
    the probabilities of all rows by cross-validation, by estimators that have not seen the row,
    takes for each label the threshold that makes the metric best there, and fits the estimator
    on all rows. This is what :class:`~sklearn.model_selection.TunedThresholdClassifierCV` does
    for binary problems.

    Parameters
    ----------
    estimator : estimator
        A classifier of multilabel `y` with `predict_proba`, or a pipeline that ends with one: of
        this package or another.
    scoring : str or callable, default="f1"
        What to make best for each label: the name of one of scikit-learn's scorers that judge
        predictions, such as "f1", "balanced_accuracy" or "jaccard", or a callable such as
        :func:`~sklearn.metrics.make_scorer` gives: ``scorer(estimator, X, y)``, with
        ``sample_weight`` if `fit` has it, in which only ``estimator.predict(X)`` works.
    thresholds : int, default=100
        The most thresholds to try for each label. Where rows are ordered by their probabilities,
        they are halfway between a row that has the label and the next lower one, evenly spaced
        among those: a metric that rises with hits and falls with false alarms is best at one
        of these places. 0.5 is always tried too. Of equally good ones, the nearest to 0.5 is
        taken.
    cv : int, splitter, iterable or None, default=None
        How to cross-validate: the number of folds, 5 by default, which then hold the labels in
        proportion, and are always the same for the same `y`; or what else
        :func:`~sklearn.model_selection.cross_val_predict` takes, if each row is in one test fold.
    n_jobs : int or None, default=None
        How many folds are fitted at the same time.

    Attributes
    ----------
    estimator_ : estimator
        Fitted on all rows.
    thresholds_ : ndarray of shape (n_labels,)
        The threshold of each label: 0.5 where fewer than 5 rows are known to have the label, or
        not to have it, as nothing can be learnt from so few. A
        :class:`SigmoidMLPClassifier` takes them as `threshold`.
    best_scores_ : ndarray of shape (n_labels,)
        The metric of each label at its threshold, on the rows for which it was chosen, so
        that it is a little too good; NaN where there was no choice.
    classes_ : ndarray of shape (n_labels,)
        ``arange(n_labels)``.
    n_features_in_ : int
        Number of features, if `estimator_` knows it.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of features, if `estimator_` knows them.

    See Also
    --------
    ThresholdDisplay : Precision, recall and F1 of each label over the threshold.
    SigmoidMLPClassifier : A classifier of several labels, which can take over the thresholds.
    sklearn.model_selection.TunedThresholdClassifierCV : The same for two classes.

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
    >>> classifier = SigmoidMLPClassifier((), alpha=10.0, tol=1e-2)
    >>> tuned = TunedThresholdsClassifierCV(classifier).fit(X, Y)
    >>> tuned.thresholds_.shape
    (3,)
    >>> tuned.predict(X[:2])
    array([[0, 1, 0],
           [0, 1, 1]])
    """

    def __init__(self, estimator, *, scoring="f1", thresholds=100, cv=None, n_jobs=None):
        self.estimator = estimator
        self.scoring = scoring
        self.thresholds = thresholds
        self.cv = cv
        self.n_jobs = n_jobs

    def fit(self, X, y, sample_weight=None):
        """Choose the thresholds, and fit the estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples; whatever `estimator` takes.
        y : {array-like, sparse matrix} of shape (n_samples, n_labels)
            A 0/1 indicator; with NaN for labels that are not known, if `estimator` takes it.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, for `estimator` and for the metric. A pipeline takes them only if
            scikit-learn's metadata routing is enabled, and its last step requests them.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        TypeError
            If `estimator` has no `predict_proba`.
        ValueError
            If `y` is no multilabel indicator, or a parameter cannot be used.
        """
        if not hasattr(self.estimator, "predict_proba"):
            raise TypeError(
                "estimator must be a classifier with predict_proba; got "
                f"{type(self.estimator).__name__}."
            )
        n_thresholds = check.whole_number("thresholds", self.thresholds, 1)
        scorer = check_scorer(self.scoring, is_weighted=sample_weight is not None)
        labels = check_labels(y, "y", may_be_missing=True)
        targets, codes = encode_targets(labels)
        if not targets.is_multilabel:
            raise ValueError(
                "y must be a multilabel indicator, zeros and ones with a column for each of "
                f"several labels; got {targets.kind} of shape {labels.shape}. For a binary y there "
                "is sklearn.model_selection.TunedThresholdClassifierCV."
            )
        params = {}
        if sample_weight is not None:
            params["sample_weight"] = check_sample_weight(sample_weight, labels)
        held_out = self._held_out(X, y, codes, params)
        choices = []
        for probability, code in zip(held_out.T, code_columns(codes), strict=True):
            known = code >= 0
            if params:  # a row without weight is none
                known &= params["sample_weight"] > 0
            weights = {name: weight[known] for name, weight in params.items()}
            choices.append(
                best_threshold(scorer, probability[known], code[known], n_thresholds, weights)
            )
        self.estimator_ = clone(self.estimator).fit(X, y, **params)
        self.thresholds_, self.best_scores_ = np.array(choices).T
        self.classes_ = targets.classes
        for name in ("n_features_in_", "feature_names_in_"):
            self.__dict__.pop(name, None)  # of an earlier fit
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))
        return self

    def predict(self, X):
        """Predict the labels whose probability is above their threshold.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples; whatever `estimator` takes.

        Returns
        -------
        ndarray of shape (n_samples, n_labels)
            A 0/1 indicator.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        """
        return (self.predict_proba(X) > self.thresholds_).astype(int)

    def predict_proba(self, X):
        """Estimate the probability of each label, as `estimator_` does.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples; whatever `estimator` takes.

        Returns
        -------
        ndarray of shape (n_samples, n_labels)
            In [0, 1]; whatever form `estimator_` gives them.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        """
        check_is_fitted(self)
        return presence(self.estimator_.predict_proba(X), self.estimator_.classes_)

    def score(self, X, y, sample_weight=None):
        """Compute the accuracy: the share of rows in which all known labels are right.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples; whatever `estimator` takes.
        y : {array-like, sparse matrix} of shape (n_samples, n_labels)
            Their true labels, a 0/1 indicator; with NaN for labels that are not known.
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
        predicted = self.predict(X)
        y = check_labels(y, "y", may_be_missing=True)
        weight = check_sample_weight(sample_weight, predicted)
        return Targets("multilabel-indicator", self.classes_).accuracy(predicted, y, weight)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = get_tags(self.estimator).input_tags.sparse
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.multi_label = True
        return tags

    def _held_out(self, X, y, codes, params) -> FloatArray:
        """Probabilities of each row by estimators that were fitted without it."""
        cv = 5 if self.cv is None else self.cv
        if isinstance(cv, Integral):
            n_folds = check.whole_number("cv", cv, 2)
            if n_folds > codes.shape[0]:
                raise ValueError(f"cv={cv} folds are more than the {codes.shape[0]} rows.")
            cv = PredefinedSplit(stratified_folds(codes, n_folds, np.random.RandomState(0)))
        estimator = _Presence(self.estimator)
        if params and get_config()["enable_metadata_routing"]:
            estimator.set_fit_request(sample_weight=True)
        held_out = cross_val_predict(estimator, X, y, cv=cv, n_jobs=self.n_jobs, params=params)
        if held_out.shape != codes.shape or not np.isfinite(held_out).all():
            raise ValueError(
                f"predict_proba of {type(self.estimator).__name__} must give a finite probability "
                f"for each of the {codes.shape[1]} labels; it gave shape {held_out.shape}, and "
                f"{int((~np.isfinite(held_out)).sum())} numbers that are not finite."
            )
        return np.asarray(held_out, dtype=np.float64)


class _Presence(BaseEstimator):
    """An estimator whose probabilities are its predictions.

    If `cross_val_predict` is asked for the probabilities of a classifier, it numbers the values
    of each column of `y` anew, so that NaN becomes a class.
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
