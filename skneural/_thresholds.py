"""Thresholds of several labels, chosen from data."""

import warnings

import numpy as np
from sklearn import get_config
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import get_scorer
from sklearn.model_selection import cross_val_predict
from sklearn.utils import check_array, get_tags
from sklearn.utils.validation import check_is_fitted

from skneural import _parameters as check
from skneural._estimator import Estimator
from skneural._targets import Targets, encode_targets
from skneural._typing import FloatArray
from skneural._weights import check_sample_weight


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
        predictions, such as "f1", "balanced_accuracy" or "jaccard", or a callable
        ``scorer(estimator, X, y)``.
    thresholds : int, default=100
        How many thresholds to try for each label, evenly spaced over the range of its predicted
        probabilities. 0.5 is always tried too. Of equally good ones, the nearest to 0.5 is taken.
    cv : int, splitter, iterable or None, default=None
        How to cross-validate: the number of folds, 5 by default, or what else
        :func:`~sklearn.model_selection.cross_val_predict` takes. A number cuts the rows in the
        order in which they are.
    n_jobs : int or None, default=None
        How many folds are fitted at the same time.

    Attributes
    ----------
    estimator_ : estimator
        Fitted on all rows.
    thresholds_ : ndarray of shape (n_labels,)
        The threshold of each label: 0.5 where all known labels are the same. A
        :class:`SigmoidMLPClassifier` takes them as `threshold`.
    best_scores_ : ndarray of shape (n_labels,)
        The metric of each label at its threshold, on the rows for which it was chosen, so
        that it is a little too good; NaN where there was no choice.
    classes_ : ndarray of shape (n_labels,)
        ``arange(n_labels)``.
    n_features_in_ : int
        Number of features, if `estimator_` knows it.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of features, if `estimator_` knows them.

    See Also
    --------
    ThresholdDisplay : Precision, recall and F1 of each label over the threshold.

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
    >>> classifier = SigmoidMLPClassifier(hidden_layer_sizes=(), alpha=10.0, tol=1e-2)
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
            Whatever `estimator` takes.
        y : {array-like, sparse matrix} of shape (n_samples, n_labels)
            A 0/1 indicator; with NaN for labels that are not known, if `estimator` takes it.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, for `estimator` and for the metric.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If `y` is no multilabel indicator, or a parameter cannot be used.
        """
        n_thresholds = check.whole_number("thresholds", self.thresholds, 1)
        scorer = self.scoring if callable(self.scoring) else get_scorer(self.scoring)
        labels = check_array(
            y,
            accept_sparse="csr",
            ensure_2d=False,
            dtype=None,
            ensure_all_finite="allow-nan",
            input_name="y",
        )
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
        held_out = self._held_out(X, y, params)
        columns = codes.tocsc() if hasattr(codes, "tocsc") else codes
        choices = []
        for j, probability in enumerate(held_out.T):
            column = columns[:, [j]]
            code = (column.toarray() if hasattr(column, "toarray") else column).ravel()
            known = code >= 0
            weights = {name: weight[known] for name, weight in params.items()}
            choices.append(
                _best_threshold(scorer, probability[known], code[known], n_thresholds, weights)
            )
        self.estimator_ = clone(self.estimator).fit(X, y, **params)
        self.thresholds_, self.best_scores_ = np.array(choices).T
        self.classes_ = targets.classes
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))
        return self

    def predict(self, X):
        """Predict the labels whose probability is above their threshold.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_labels)
            A 0/1 indicator.
        """
        return (self.predict_proba(X) > self.thresholds_).astype(int)

    def predict_proba(self, X):
        """Estimate the probability of each label, as `estimator_` does.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)

        Returns
        -------
        ndarray of shape (n_samples, n_labels)
        """
        check_is_fitted(self)
        return _presence(self.estimator_, X)

    def score(self, X, y, sample_weight=None):
        """Compute the accuracy: the share of rows in which all known labels are right.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
        y : {array-like, sparse matrix} of shape (n_samples, n_labels)
            With NaN for labels that are not known.
        sample_weight : array-like of shape (n_samples,), default=None

        Returns
        -------
        float

        Raises
        ------
        ValueError
            If `y` does not fit the predictions, or nothing is known of any row.
        """
        predicted = self.predict(X)
        y = check_array(y, accept_sparse="csr", dtype=None, ensure_all_finite="allow-nan")
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

    def _held_out(self, X, y, params) -> FloatArray:
        """Probabilities of each row by estimators that were fitted without it."""
        estimator = _Presence(self.estimator)
        if params and get_config()["enable_metadata_routing"]:
            estimator.set_fit_request(sample_weight=True)
        held_out = cross_val_predict(estimator, X, y, cv=self.cv, n_jobs=self.n_jobs, params=params)
        return np.asarray(held_out)


class _Presence(BaseEstimator):
    """An estimator whose probabilities are its predictions.

    If `cross_val_predict` is asked for the probabilities of a classifier, it numbers the values
    of each column of `y` anew, so that NaN becomes a class.
    """

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y, sample_weight=None):
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        self.estimator_ = clone(self.estimator).fit(X, y, **weights)
        return self

    def predict(self, X):
        return _presence(self.estimator_, X)


class _Decided(ClassifierMixin, BaseEstimator):
    """For scorers: a classifier of two classes that predicts what it is given."""

    classes_ = np.array([0, 1])

    def predict(self, decisions):
        return decisions


def _presence(estimator, X) -> FloatArray:
    """The probability that each label is present, in one array."""
    probabilities = estimator.predict_proba(X)
    if not isinstance(probabilities, list):
        return np.asarray(probabilities)
    columns = [  # some of scikit-learn's classifiers give an array for each label
        part[:, list(classes).index(1)] if 1 in classes else np.zeros(len(part))
        for part, classes in zip(probabilities, estimator.classes_, strict=True)
    ]
    return np.column_stack(columns)


def _best_threshold(scorer, probability, code, n_thresholds, weights) -> tuple[float, float]:
    """The threshold of a label with the best score, and that score."""
    if len(np.unique(code)) < 2:
        return 0.5, np.nan
    tried = np.append(np.linspace(probability.min(), probability.max(), n_thresholds), 0.5)
    tried = tried[(tried > 0) & (tried < 1)]
    tried = tried[np.argsort(np.abs(tried - 0.5), kind="stable")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UndefinedMetricWarning)  # where nothing is predicted
        scores = [
            scorer(_Decided(), (probability > threshold).astype(int), code, **weights)
            for threshold in tried
        ]
    best = int(np.argmax(scores))
    return float(tried[best]), float(scores[best])
