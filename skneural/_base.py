"""The estimator that both classifiers are: validate, encode, minimise, store."""

import warnings
from abc import ABCMeta
from copy import copy
from functools import partial
from typing import Any

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from skneural import _parameters as check
from skneural._callbacks import Solution
from skneural._network import Layer, Network, pack
from skneural._optimizers import OPTIMIZERS
from skneural._prediction import NetworkPredictor
from skneural._rows import Rows, merge_repeats
from skneural._targets import (
    Targets,
    check_sample_weight,
    class_weights,
    encode_targets,
    warn_if_one_hot,
)
from skneural._training import train
from skneural._typing import Vector
from skneural.activations import ACTIVATIONS

_ADVICE = {
    "max_iter": "Increase max_iter, alpha or tol, or scale the features.",
    "precision": "No further progress is possible at this precision: increase tol or alpha, "
    "use float64 features, or a smooth activation.",
    "overflow": "Loss or gradient overflowed where the solver went next, and the weights before "
    "that are kept: scale the features, or increase alpha.",
    "interrupted": "It was interrupted from the keyboard, and the last weights are kept.",
}


class BaseMLPClassifier(NetworkPredictor, BaseEstimator, metaclass=ABCMeta):
    """A fully connected network; a subclass says what its output layer is."""

    loss_curve_: list[float]
    n_fev_: int

    def __init__(
        self,
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        alpha=1.0,
        solver="lbfgs",
        max_iter=200,
        tol=1e-4,
        class_weight=None,
        label_smoothing=0.0,
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
        self.max_iter = max_iter
        self.tol = tol
        self.class_weight = class_weight
        self.label_smoothing = label_smoothing
        self.n_init = n_init
        self.warm_start = warm_start
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X, y, sample_weight=None):
        """Fit the network.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Float32 is computed with as it is; integers and booleans as float64. Arrays and
            CSR matrices are not copied; other sparse formats are converted to CSR.
        y : {array-like, sparse matrix} of shape (n_samples,) or (n_samples, n_outputs)
            Class labels: numbers, booleans or strings; a 0/1 indicator, dense or sparse, with
            a column for each of several labels; or a column of class labels per output.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, 1 by default. Weight 2 means the same as having the row twice.

        Returns
        -------
        self : object
            The fitted estimator.

        Raises
        ------
        ValueError, TypeError
            If a parameter or the data cannot be used; an estimator that was fitted before
            stays as it was.

        Warns
        -----
        ConvergenceWarning
            If the gradient norm is still above `tol` when the solver stops, or if the fit is
            interrupted from the keyboard.
        """
        # All is done on a copy, whose state is taken over when it is complete.
        fitted = copy(self)
        fitted._fit(X, y, sample_weight)
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

    def _fit(self, X, y, sample_weight) -> None:
        sizes = check.hidden_layers(self.hidden_layer_sizes)
        activation_names = check.hidden_activations(self.activation, len(sizes))
        label_smoothing = check.real_number(
            "label_smoothing", self.label_smoothing, min_val=0, max_val=1, include_boundaries="left"
        )
        settings = self._check_settings(n_layers=len(sizes) + 1)
        X, y = validate_data(self, X, y, accept_sparse="csr", dtype="numeric", multi_output=True)
        X = check.check_numbers(X)
        targets, codes = encode_targets(y)
        sample_weight = check_sample_weight(sample_weight, X)
        class_weight = class_weights(self.class_weight, targets, codes, sample_weight)
        output = self._make_output(
            targets.n_classes, label_smoothing=label_smoothing, class_weight=class_weight
        )
        if targets.is_multilabel and output.competes:
            warn_if_one_hot(codes)
        activations = [ACTIVATIONS[name] for name in activation_names]
        network = Network(X.shape[1], sizes, activations, output)
        rough = [name for name in activation_names if not ACTIVATIONS[name].smooth]
        settings["optimizer"].check(network.n_parameters, rough)
        continued = self.warm_start and hasattr(self, "coefs_")
        starts = [self._last_weights(network, targets)] if continued else self._starts(network)
        rows = Rows(*merge_repeats(X, codes, sample_weight))
        solutions = self._train(network, rows, starts, settings)
        self.alpha_ = settings["alpha"]
        self._activation_names = activation_names
        if not continued:
            self.loss_curve_, self.n_fev_ = [], 0
        self._store(network, targets, solutions)

    def _check_settings(self, n_layers: int) -> dict[str, Any]:
        """What a training run is told beside the data and the start."""
        if not isinstance(self.warm_start, bool | np.bool_):
            raise ValueError(f"warm_start must be True or False, got {self.warm_start!r}.")
        check.whole_number("n_init", self.n_init, 1)
        return {
            "alpha": np.full(n_layers, check.real_number("alpha", self.alpha, min_val=0)),
            "optimizer": check.choice("solver", self.solver, OPTIMIZERS),
            "tol": check.real_number("tol", self.tol, min_val=0),
            "max_iter": check.whole_number("max_iter", self.max_iter, 1),
            "verbose": check.whole_number("verbose", self.verbose, 0) > 0,
        }

    def _starts(self, network: Network) -> list[Vector]:
        """Initial weights of every run; the first do not depend on how many there are."""
        seeds = check_random_state(self.random_state).randint(2**31 - 1, size=self.n_init)
        return [network.initial_weights(np.random.RandomState(seed)) for seed in seeds]

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

    def _train(
        self, network: Network, rows: Rows, starts: list[Vector], settings: dict[str, Any]
    ) -> list[Solution]:
        """Run from every start; in one process, an interruption ends the last of the runs."""
        run = partial(train, network, rows, **settings)
        solutions: list[Solution] = []
        if len(starts) > 1 and effective_n_jobs(self.n_jobs) > 1:
            solutions += Parallel(n_jobs=self.n_jobs)(delayed(run)(start) for start in starts)
            return solutions
        for solution in map(run, starts):
            solutions.append(solution)
            if solution.stop_reason == "interrupted":
                break
        return solutions

    def _store(self, network: Network, targets: Targets, solutions: list[Solution]) -> None:
        best = min(solutions, key=lambda solution: solution.loss)
        interrupted = any(solution.stop_reason == "interrupted" for solution in solutions)
        layers = network.layers(best.theta)
        self.coefs_ = [layer.coef for layer in layers]
        self.intercepts_ = [layer.intercept for layer in layers]
        self.classes_ = targets.classes
        self._target_kind = targets.kind
        self.out_activation_ = network.output.name
        self.n_outputs_ = network.output.n_units
        self.n_layers_ = len(network.layer_sizes)
        self.init_losses_ = np.array([solution.loss for solution in solutions])
        self.loss_ = best.loss
        self.gradient_norm_ = best.gradient_norm
        self.converged_ = best.gradient_norm <= self.tol
        self.stop_reason_ = "interrupted" if interrupted else best.stop_reason
        self.loss_curve_ = [*self.loss_curve_, *best.loss_curve]
        self.n_iter_ = len(self.loss_curve_)
        self.n_fev_ += best.n_fev
