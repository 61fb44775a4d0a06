"""The base class of the two classifiers, with their `fit`."""

from abc import ABCMeta
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import partial
from typing import Any, Literal, Self

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from sklearn.exceptions import ConvergenceWarning

from skneural._estimators.advice import advice
from skneural._estimators.callbacks import CallbackSupportMixin, WatchedFit, with_callbacks
from skneural._estimators.persistence import Estimator
from skneural._estimators.prediction import NetworkPredictor
from skneural._estimators.preparation import Prepared, prepare
from skneural._estimators.record import ALWAYS_RECORDED, Fit, FittedAttributes
from skneural._inputs import warn
from skneural._training import Solution, StopReason, train

ClassWeight = Mapping[Any, float] | Sequence[Mapping[Any, float]] | Literal["balanced"] | None


class BaseMLPClassifier(
    NetworkPredictor, FittedAttributes, CallbackSupportMixin, Estimator, metaclass=ABCMeta
):
    """Multi-layer perceptron trained by `scipy.optimize`; a subclass defines its output layer.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Number of units in each hidden layer. Without hidden layers, ``()``, the model is linear.
    activation : str or list of str, default="relu"
        Activation function of the hidden layers: "identity", "logistic", "tanh", "relu",
        "softplus" or "silu"; or a list with a name for each layer.
    alpha : float or "auto", default="auto"
        Strength of the L2 penalty. "auto" chooses one for each layer from the training data, such
        that predictions for unseen rows are neither overconfident nor too cautious (see Notes).
        Without hidden layers, a number is ``1 / C`` of
        :class:`~sklearn.linear_model.LogisticRegression`, or ``2 / C`` for the softmax of two
        classes. Because the penalty is divided by the total sample weight, a number regularises
        more when weights are small; for "auto", weights may be counts or shares.
    solver : {"lbfgs", "newton-cg"}, default="lbfgs"
        Method of :func:`scipy.optimize.minimize`. "newton-cg" uses exact products with the
        Hessian, for solutions of high precision; it does not support "relu", which has a kink.
    preconditioner : {"auto", "kronecker", "diagonal"} or None, default="auto"
        Change of variables in which the solver works; the minima stay the same. "kronecker" uses,
        for each layer, the second moments of its inputs and of the errors propagated back to its
        outputs, of at most 8192 dimensions; "diagonal" uses only their diagonals. "auto" is
        "kronecker" with the diagonals of large matrices, or None for small problems whose
        features are centred and have similar scales (see Notes).
    max_iter : int, default=1000
        Maximum number of iterations of the solver in a call of `fit`.
    tol : float or "auto", default="auto"
        The fit has converged when no entry of the gradient is greater in magnitude. "auto": when
        the objective has hardly fallen in the last 5 iterations: by less than 0.4 % for 1000 rows,
        and less the more rows there are (see Notes).
    early_stopping : bool, default=False
        Whether to stop when the log loss on validation data has not decreased for
        `n_iter_no_change` iterations, and to keep the weights where it was lowest. Validation
        data are `X_val` and `y_val` of `fit`, or else a stratified random part of the rows.
    validation_fraction : float in (0, 1), default=0.1
        Share of the rows that `early_stopping` holds out if `fit` is called without `X_val`.
        Equal rows of small data count once (see Notes).
    n_iter_no_change : int, default=10
        Number of iterations without improvement after which `early_stopping` stops.
    class_weight : dict, list of dict, "balanced" or None, default=None
        Weights of the classes, ``{class: weight}``, 1 by default. "balanced" gives all classes of
        a target the same total weight. For several labels or outputs, a list with a dict for
        each. A key that is not a class of `y` is an error unless all its classes have weights.
    label_smoothing : float in [0, 1), default=0.0
        Share of each label that is spread evenly over its alternatives.
    missing_labels : {"error", "ignore"}, default="error"
        Whether labels of a multilabel `y` may be missing: NaN, None or pandas.NA. "ignore" leaves
        them out of losses, class weights, validation and `score`; the other labels of the row
        count. In cross-validation, use a splitter such as ``KFold(5)`` instead of a number.
    n_init : int, default=1
        Number of runs from different random weights. The run with the lowest loss, penalty
        included, is kept; with ``alpha="auto"``, the one with the lowest log loss on the rows that
        were held out to judge the penalty; with `early_stopping`, on the validation data.
    warm_start : bool, default=False
        Whether `fit` continues from the weights of the last fit, in a single run. `loss_curve_`
        and the other histories are continued. If the last fit found no structure, there is nothing
        to continue from, and `fit` begins anew.
    n_jobs : int or None, default=None
        Number of concurrent runs, by joblib; an interruption then keeps none of them. A single run
        uses as many threads as BLAS would.
    random_state : int, RandomState instance or None, default=None
        Seed of the initial weights, of samples of the rows and of the validation split. The same
        seed gives the same bits for any number of threads and jobs. With `early_stopping` and
        `warm_start`, only an int holds out the same rows in each fit.
    verbose : int, default=0
        If positive, print iteration, loss, gradient norm and seconds in every iteration.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,) or list of them
        Class labels; for multiclass-multioutput `y` a list with those of each output; for
        multilabel `y` ``arange(n_labels)``, as in scikit-learn's MLPClassifier.
    coefs_ : list of ndarray of shape (fan_in, fan_out)
        Weights of each layer; float32 if `X` is float32, else float64.
    intercepts_ : list of ndarray of shape (fan_out,)
        Biases of each layer, in the same dtype.
    coef_, intercept_ : ndarray of shape (n_scores, n_features) and (n_scores,)
        Coefficients of the decision scores, in the shapes of LogisticRegression; only without
        hidden layers.
    alpha_ : ndarray of shape (`n_layers_` - 1,)
        Penalty of each layer; with ``alpha="auto"``, the first layer's is that of the coefficients
        of features divided by their scales.
    n_features_in_ : int
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of features, if those of `X` are all strings.
    n_outputs_ : int
        Number of output units.
    n_layers_ : int
        Number of layers, including input and output.
    out_activation_ : str
        Activation function of the output layer.
    loss_ : float
        Objective at the final weights, penalty included.
    loss_curve_ : list of float
        Objective after each iteration, with the penalty and the rows of its stage.
    gradient_norm_curve_ : list of float
        Largest magnitude of an entry of that objective's gradient after each iteration.
    n_iter_ : int
        Number of iterations; with `warm_start`, of all fits.
    n_fev_ : int
        Number of evaluations of loss and gradient; with `warm_start`, of all fits.
    gradient_norm_ : float
        Largest magnitude of an entry of the gradient at the final weights.
    converged_ : bool
        Whether ``gradient_norm_ <= tol``, or for ``tol="auto"``, whether the objective stopped
        falling.
    stop_reason_ : str
        Why the fit stopped: "tol", "max_iter", "early_stopping", "callback", "precision" (no
        further progress was possible), "overflow" (loss or gradient, at the next weights),
        "interrupted" (from the keyboard), or "no_structure" (as "tol" or "early_stopping", but the
        predictions are no better than the frequencies of the classes; not if both `alpha` and `tol`
        are numbers).
    validation_losses_ : list of float
        Log loss on the validation data after each iteration, if there are any: the mean over
        rows and targets, weighted by sample and class weights.
    best_validation_loss_ : float
        Lowest validation loss of the last fit, including its start.
    init_losses_ : ndarray of shape (n_init,)
        Final loss of each run. The other attributes are those of the best run.

    See Also
    --------
    TunedThresholdsClassifierCV : Thresholds of several labels, chosen from data.
    ActivationsDisplay : Plot of the activations of the output units.
    LossCurveDisplay : Plot of the loss and the gradient norm during a fit.
    sklearn.neural_network.MLPClassifier : Perceptron trained on mini-batches by default; `y`
        determines its output layer.

    Notes
    -----
    A fit is a sequence of stages, each with a preconditioner for its weights. If alpha is "auto", a
    new fit first trains on a sample, with a weak penalty, until it has learned something. It then
    chooses the penalty three times, each time from the dispersion of the labels of rows
    outside the sample around the predictions for them, and trains on. The third choice is corrected
    by the log loss of these rows, over that to be expected if the predictions were true. If they
    are predicted clearly worse than after an earlier choice, the penalty is divided by 4, for as
    long as that helps. If the predictions are still no better than the frequencies of the classes,
    no structure was found, and the penalty becomes so strong that only the intercepts are fitted.
    The last stage uses all rows.

    The sample has 80 % of the rows. From 40000 rows on, there are one or more samples of at least
    5000 rows, each eight times as large as the one before. A fit trains on each until more rows
    would teach more than more iterations. On half of the rows, at most 250,000, it then corrects
    the penalty three times more; it does not divide it.

    Fewer than 20 observations are not split: they keep the weak penalty, or an even weaker one if
    the network has not learned them after 15 iterations. Nor are the rows of fits of fewer than 39
    iterations (65 or more if there are such samples), which keep the weak penalty. A warm start
    does not split the rows either, because the weights have already adapted to them; the dispersion
    is corrected for that.

    ``tol="auto"`` ends the last stage when the objective has fallen in 5 iterations by less than
    1 % over the eighth root of the number of rows. The first 10 iterations, in which solvers are
    slow, do not count.

    `loss_`, `gradient_norm_` and `converged_` always refer to all rows and to `alpha_`. The initial
    weights are drawn as if the features were standardised. Constant features get coefficients of
    zero.

    ``preconditioner="auto"`` uses diagonals for more than 2048 dimensions, or more than 256 and
    more than the number of rows. It is None for less than 1e6 rows times weights if the scales of
    all features are within a factor of 10, and their means within 3 scales of zero. The scale of a
    feature is its standard deviation, or more if few large values make it up.

    In small data, of up to 65536 features and labels in all rows together, equal rows are merged
    and sorted before the fit. Neither the order of the rows, nor repeating instead of weighting
    them, then changes a single bit of the result.

    References
    ----------
    D. C. Liu and J. Nocedal, "On the limited memory BFGS method for large scale
    optimization", Mathematical Programming 45, 1989.
    `doi:10.1007/BF01589116 <https://doi.org/10.1007/BF01589116>`_

    J. Martens and R. Grosse, "Optimizing neural networks with Kronecker-factored approximate
    curvature", ICML 2015. https://proceedings.mlr.press/v37/martens15.html

    D. J. C. MacKay, "The evidence framework applied to classification networks", Neural
    Computation 4, 1992. `doi:10.1162/neco.1992.4.5.720
    <https://doi.org/10.1162/neco.1992.4.5.720>`_

    B. A. Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6, 1994.
    `doi:10.1162/neco.1994.6.1.147 <https://doi.org/10.1162/neco.1994.6.1.147>`_
    """

    _fitted_names = ALWAYS_RECORDED

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
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.alpha = alpha
        self.solver = solver
        self.preconditioner = preconditioner
        self.max_iter = max_iter
        self.tol = tol
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.class_weight = class_weight
        self.label_smoothing = label_smoothing
        self.missing_labels = missing_labels
        self.n_init = n_init
        self.warm_start = warm_start
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        classes: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Fit the network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples. Computations are in float32 if `X` is float32, else in float64. Arrays
            and CSR matrices are not copied; other sparse formats are converted to CSR. The chunks
            of a dask array or dataframe stay on the workers of their cluster.
        y : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_outputs)
            Class labels: numbers, booleans or strings; a 0/1 indicator, dense or sparse, with
            a column for each label; or a column of class labels for each output. With
            `missing_labels="ignore"`, labels of an indicator may be missing. With `classes`, `y`
            may also hold a row of class probabilities for each sample. If `X` is a dask
            collection, `y` may be one too, in chunks of any sizes, or in memory.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, 1 by default. A row of weight 2 is equivalent to two rows. If
            `X` is a dask collection, the weights may be one too, or in memory.
        classes : array-like of shape (n_classes,) or list of them, default=None
            The classes, sorted; by default those that occur in `y`. Pass them if a part of the
            data may lack some, such as a fold of cross-validation; for several outputs, pass a
            list with the classes of each. A `y` with a column for each of the classes has soft
            labels: each row holds their probabilities. It is equivalent to one row for each
            class, weighted by its probability. The loss of a softmax is then the cross-entropy
            ``-sum_k y_ik log p_ik``, as in PyTorch's ``CrossEntropyLoss``, and the loss of
            sigmoids is the binary cross-entropy of each unit with target y_ik, as in
            ``BCEWithLogitsLoss``. Class weights and `label_smoothing` apply as for labels. Soft
            labels require one label per sample, not several at once. Scikit-learn's metrics do
            not support them: use `score` or a callable.
        X_val : {array-like, sparse matrix} of shape (n_val_samples, n_features), default=None
            Validation samples, on which the log loss is measured after each iteration; in
            memory or a dask collection, whatever `X` is. By default, `early_stopping` holds out
            some rows of `X`.
        y_val : {array-like, sparse matrix} of shape (n_val_samples,) or \
(n_val_samples, n_outputs), default=None
            The labels of `X_val`, in the form of `y`. If `y` has one label per sample, `y_val`
            may also have class probabilities, and vice versa.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Weights of the rows of `X_val`, 1 by default. Class weights apply too.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If a parameter or the data cannot be used. An earlier fit is left unchanged.
        RuntimeError
            If a dask cluster is lost. An earlier fit is left unchanged.
        KeyboardInterrupt
            If the fit is interrupted from the keyboard. The estimator is fitted nevertheless, with
            the weights of the last iteration; before the first, an earlier fit is left unchanged.

        Warns
        -----
        ConvergenceWarning
            If the fit has not converged when the solver stops, unless early stopping or a callback
            stopped it; or if it found no structure.
        """
        # The fit works on a copy, which callbacks see. If it succeeds, its state is adopted.
        fitted = copy(self)
        fitted._fit(X, y, sample_weight, classes, (X_val, y_val, sample_weight_val))
        message = fitted.__dict__.pop("_advice")
        self.__dict__ = fitted.__dict__
        if self.stop_reason_ == StopReason.INTERRUPTED.value:
            # Not a warning, because a search would score the weights and go on.
            raise KeyboardInterrupt(message)
        if message:
            warn(message, ConvergenceWarning)
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.multi_output = True
        tags.classifier_tags.multi_label = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    @with_callbacks
    def _fit(self, X: Any, y: Any, sample_weight: Any, classes: Any, validation: Any) -> None:
        is_nothing = getattr(self, "stop_reason_", None) in (None, StopReason.NO_STRUCTURE.value)
        is_continued = self.warm_start and not is_nothing
        fitted_targets = self._targets if is_continued else None
        prepared = prepare(
            self, self._make_output, fitted_targets, X, y, sample_weight, classes, validation
        )
        is_validated = prepared.validation_rows is not None
        fit = Fit(
            prepared.network,
            prepared.targets,
            prepared.activation_names,
            varying=prepared.varying,
            n_features=self.n_features_in_,
            dtype=prepared.rows.dtype,
            is_validated=is_validated,
            selects_by_validation=is_validated and self.early_stopping,
            earlier=dict(self.__dict__) if is_continued else {},
        )
        watched = WatchedFit(
            self,
            partial(_attributes_at, self, fit),
            n_runs=len(prepared.seeds),
            max_iter=prepared.settings.max_iter,
            X=X,
            y=y,
            sample_weight=sample_weight,
        )
        solutions = self._run_all(prepared, watched)
        self.__dict__ = fit.record(solutions).attributes_after(self.__dict__)
        self._advice = advice(fit.best(solutions), prepared)
        watched.end()

    def _run_all(self, prepared: Prepared, watched: WatchedFit) -> list[Solution]:
        """Train with each seed; in one process, an interruption keeps the solutions so far."""
        one = partial(
            train,
            prepared.network,
            prepared.rows,
            prepared.settings,
            start=prepared.start,
            sample_seed=prepared.sample_seed,
            observations_per_weight=prepared.observations_per_weight,
            validation_rows=prepared.validation_rows,
        )
        run = partial(watched.run, one)
        numbered_seeds = list(enumerate(prepared.seeds))
        solutions: list[Solution] = []
        if len(numbered_seeds) > 1 and effective_n_jobs(self.n_jobs) > 1:
            calls = (delayed(run)(*numbered) for numbered in numbered_seeds)
            solutions += Parallel(n_jobs=self.n_jobs, **prepared.rows.joblib_options)(calls)
            return solutions
        for numbered in numbered_seeds:
            try:
                solutions.append(run(*numbered))
            except KeyboardInterrupt:  # before this run had an iterate
                if not solutions:
                    raise
                solutions[-1] = replace(solutions[-1], stop_reason=StopReason.INTERRUPTED)
            if solutions[-1].is_last or solutions[-1].stop_reason is StopReason.INTERRUPTED:
                break
        return solutions


def _attributes_at(estimator: BaseMLPClassifier, fit: Fit, solution: Solution) -> dict[str, Any]:
    """The attributes of an estimator if its fit ended with a solution, for callbacks."""
    return fit.record([solution]).attributes_after(estimator.__dict__)
