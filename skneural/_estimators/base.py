"""The estimator that both classifiers are: validate, encode, minimise, store."""

import warnings
from abc import ABCMeta
from copy import copy
from functools import partial
from typing import Any

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from skneural._data import canonical
from skneural._estimators.callbacks import CallbackSupportMixin, WatchedFit, with_callbacks
from skneural._estimators.persistence import Estimator
from skneural._estimators.prediction import NetworkPredictor
from skneural._estimators.preparation import (
    check_settings,
    labelled_data,
    make_network,
    make_output,
    validation_data,
    validation_split,
)
from skneural._inputs import Targets
from skneural._inputs import parameters as check
from skneural._network import Layer, Network, pack, total_weight, weighted_rows
from skneural._training import Solution, train
from skneural._typing import Vector

_ADVICE = {
    "max_iter": "Increase max_iter, alpha or tol, or scale the features.",
    "precision": "No further progress is possible at this precision: increase tol or alpha, "
    "use float64 features, or a smooth activation.",
    "overflow": "Loss or gradient overflowed where the solver went next, and the weights before "
    "that are kept: scale the features, or increase alpha.",
    "interrupted": "It was interrupted from the keyboard, and the last weights are kept.",
}


class BaseMLPClassifier(NetworkPredictor, CallbackSupportMixin, Estimator, metaclass=ABCMeta):
    """A fully connected network; a subclass says what its output layer is."""

    loss_curve_: list[float]
    gradient_norm_curve_: list[float]
    n_fev_: int

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        alpha="auto",
        solver="lbfgs",
        preconditioner="auto",
        max_iter=100,
        tol=1e-4,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=10,
        class_weight=None,
        label_smoothing=0.0,
        missing_labels="error",
        n_init=1,
        warm_start=False,
        n_jobs=None,
        random_state=None,
        verbose=0,
    ):
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
        X,
        y,
        sample_weight=None,
        *,
        classes=None,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
    ):
        """Fit the network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The samples. Float32 is computed with as it is; integers and booleans as float64.
            Arrays and CSR matrices are not copied; other sparse formats are converted to CSR.
            The chunks of a dask array or dataframe stay on the workers of their cluster.
        y : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_outputs)
            Class labels: numbers, booleans or strings; a 0/1 indicator, dense or sparse, with
            a column for each of several labels; or a column of class labels per output. With
            `missing_labels="ignore"`, labels of an indicator that are not known are NaN. With
            `classes`, a row of class probabilities for each sample. Beside dask features, a dask
            collection in chunks of any sizes, or in memory.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, 1 by default. Weight 2 means the same as having the row twice.
            Beside dask features, a dask collection or in memory.
        classes : array-like of shape (n_classes,), default=None
            Says that `y` has soft labels: in place of a label, a row of probabilities, of
            these classes in this order, which is the sorted one. Such a row means the same
            as having the row once for each class, weighted by its probability. So the loss of a
            softmax is the cross-entropy ``-sum_k y_ik log p_ik``, that of PyTorch's
            ``CrossEntropyLoss`` and Keras's ``CategoricalCrossentropy`` for probabilities as
            targets, and that of sigmoids the binary cross-entropy of each unit with y_ik for
            its target, as in ``BCEWithLogitsLoss``. It is for one label per sample, not for
            several at once. Class weights and `label_smoothing` count as for labels. Rows of
            zeros and a one are labels. Scikit-learn's metrics do not know such rows: score by
            `score` or a callable.
        X_val : {array-like, sparse matrix} of shape (n_val_samples, n_features), default=None
            Data that are not trained on, on which the log loss is measured after each
            iteration; in memory or a dask collection, whatever `X` is. If not given,
            `early_stopping` sets some of `X` aside.
        y_val : {array-like, sparse matrix} of shape (n_val_samples,) or \
(n_val_samples, n_outputs), default=None
            The labels of `X_val`, in the form of `y` and of its classes; or labels where `y`
            has probabilities, or probabilities where it has labels.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Weights of the rows of `X_val`, 1 by default. Class weights count too.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If a parameter or the data cannot be used; an estimator that was fitted before
            stays as it was.
        RuntimeError
            If a dask cluster is lost; then, too.

        Warns
        -----
        ConvergenceWarning
            If the gradient norm is still above `tol` when the solver stops, unless early
            stopping or a callback stopped it, or if the fit is interrupted from the keyboard.
        """
        # All is done on a copy, whose state is taken over when it is complete. It is also the
        # copy that callbacks are shown.
        fitted = copy(self)
        fitted._fit(X, y, sample_weight, classes, (X_val, y_val, sample_weight_val))
        self.__dict__ = fitted.__dict__
        if advice := _ADVICE.get(self.stop_reason_):
            warnings.warn(
                f"The fit stopped after {self.n_iter_} iterations at a gradient norm of "
                f"{self.gradient_norm_:.3g}; tol={self.tol:g}. {advice}",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.multi_output = True
        tags.classifier_tags.multi_label = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    @with_callbacks
    def _fit(self, X, y, sample_weight, classes, validation) -> None:
        sizes = check.hidden_layers(self.hidden_layer_sizes)
        activation_names = check.hidden_activations(self.activation, len(sizes))
        settings = check_settings(self)
        given = {"X": X, "y": y, "sample_weight": sample_weight}
        rows, targets = labelled_data(self, X, y, sample_weight, classes)
        output = make_output(self, targets, rows)
        network = make_network(rows.n_features, sizes, activation_names, output, settings)
        continued = self.warm_start and hasattr(self, "coefs_")
        start = self._last_weights(network, targets) if continued else None
        rng = check_random_state(self.random_state)
        seeds = rng.randint(2**31 - 1, size=1 if continued else self.n_init)
        held_out = validation_data(self, validation, targets)
        if self.early_stopping and held_out is None:
            rows, held_out = validation_split(
                weighted_rows(output, rows), self.validation_fraction, rng
            )
        if is_validated := held_out is not None:
            total_weight(output, held_out)  # which must not be zero
        run = partial(
            train,
            network,
            canonical(rows),
            settings,
            start=start,
            validation_rows=held_out,
        )
        self._activation_names = activation_names
        if not continued:
            self.loss_curve_, self.gradient_norm_curve_, self.n_fev_ = [], [], 0
        if not continued or not is_validated:
            for name in ("validation_losses_", "best_validation_loss_"):
                self.__dict__.pop(name, None)
        attributes_at = partial(self._attributes_at, network, targets, is_validated)
        watched = WatchedFit(
            self, attributes_at, n_runs=len(seeds), max_iter=settings.max_iter, **given
        )
        solutions = self._run_all(partial(watched.run, run), seeds, rows.joblib_options)
        self._store(network, targets, is_validated, solutions)
        watched.end()

    def _last_weights(self, network: Network, targets: Targets) -> Vector:
        """The weights where the last fit stopped."""
        needs = "warm_start=True continues the last fit, so it needs the same"
        if not targets.matches(self._targets):
            raise ValueError(
                f"{needs} kind of y and classes: {self._target_kind}, {self.classes_} then, "
                f"{targets.kind}, {targets.classes} now."
            )
        last_sizes = (len(self.coefs_[0]), *map(len, self.intercepts_))
        if last_sizes != network.layer_sizes:
            raise ValueError(
                f"{needs} layer sizes, from features to output units: {last_sizes} then, "
                f"{network.layer_sizes} now."
            )
        return pack(map(Layer, self.intercepts_, self.coefs_))

    def _run_all(
        self, run: partial[Solution], seeds: Any, joblib_options: dict[str, Any]
    ) -> list[Solution]:
        """Run with every seed; in one process, an interruption ends the last of the runs."""
        solutions: list[Solution] = []
        if len(seeds) > 1 and effective_n_jobs(self.n_jobs) > 1:
            calls = (delayed(run)(*numbered) for numbered in enumerate(seeds))
            solutions += Parallel(n_jobs=self.n_jobs, **joblib_options)(calls)
            return solutions
        for numbered in enumerate(seeds):
            try:
                solutions.append(run(*numbered))
            except KeyboardInterrupt:  # before this run had an iterate
                if not solutions:
                    raise
                solutions[-1].stop_reason = "interrupted"
            if solutions[-1].is_last or solutions[-1].stop_reason == "interrupted":
                break
        return solutions

    def _attributes_at(
        self, network: Network, targets: Targets, is_validated: bool, solution: Solution
    ) -> dict[str, Any]:
        """What `fit` would leave if it ended with this solution."""
        fitted = copy(self)
        fitted._store(network, targets, is_validated, [solution])
        return fitted.__dict__

    def _store(
        self, network: Network, targets: Targets, is_validated: bool, solutions: list[Solution]
    ) -> None:
        by_validation = is_validated and self.early_stopping
        best = min(
            solutions,
            key=lambda one: np.nan_to_num(
                one.best_validation_loss if by_validation else one.loss, nan=np.inf
            ),
        )
        interrupted = any(solution.stop_reason == "interrupted" for solution in solutions)
        layers = network.layers(best.theta)
        self.coefs_ = [layer.coef for layer in layers]
        self.intercepts_ = [layer.intercept for layer in layers]
        self.classes_ = targets.classes
        self._target_kind = targets.kind
        self.alpha_ = best.alpha
        self.out_activation_ = network.output.name
        self.n_outputs_ = network.output.coding.n_units
        self.n_layers_ = len(network.layer_sizes)
        self.init_losses_ = np.array([solution.loss for solution in solutions])
        self.loss_ = best.loss
        self.gradient_norm_ = best.gradient_norm
        self.converged_ = best.gradient_norm <= self.tol
        self.stop_reason_ = "interrupted" if interrupted else best.stop_reason
        self.loss_curve_ = [*self.loss_curve_, *best.loss_curve]
        self.gradient_norm_curve_ = [*self.gradient_norm_curve_, *best.gradient_norm_curve]
        self.n_iter_ = len(self.loss_curve_)
        self.n_fev_ += best.n_fev
        if is_validated:
            earlier = getattr(self, "validation_losses_", [])
            self.validation_losses_ = [*earlier, *best.validation_losses]
            self.best_validation_loss_ = best.best_validation_loss
