"""Validation of the arguments of `fit`, and construction of the network, data and settings."""

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.exceptions import DataConversionWarning
from sklearn.utils import check_consistent_length, check_random_state, check_scalar

from skneural._curvature import PRECONDITIONERS
from skneural._dask import dask_data, dask_validation_data, in_memory, is_dask
from skneural._data import Data, Rows, canonical, random_split
from skneural._inputs import (
    PASS_CLASSES,
    Targets,
    check_column_order,
    check_labels,
    check_sample_weight,
    class_weights,
    encode_targets,
    harden,
    is_one_hot,
    shown,
    targets_of_classes,
    warn,
)
from skneural._inputs import parameters as check
from skneural._network import (
    ACTIVATIONS,
    Layer,
    Network,
    Output,
    observations_per_weight,
    pack,
    total_weight,
    weighted_rows,
)
from skneural._training import SOLVERS, Settings
from skneural._typing import IntArray, Vector

MakeOutput = Callable[..., Output]
"""Makes the output layer from the numbers of classes and the parameters of the loss."""


@dataclass(frozen=True)
class Prepared:
    """The network, data and settings for the runs of a fit."""

    network: Network
    targets: Targets
    activation_names: list[str]
    settings: Settings
    rows: Data
    validation_rows: Data | None
    start: Vector | None  # the weights of the fit that is continued
    varying: IntArray | None  # the features that are used; None if all are
    observations_per_weight: float
    seeds: list[int]  # one for each run
    sample_seed: int


def prepare(
    estimator: Any,
    make_output: MakeOutput,
    fitted_targets: Targets | None,
    X: Any,
    y: Any,
    sample_weight: Any,
    classes: Any,
    validation: tuple[Any, Any, Any],
) -> Prepared:
    """Validate parameters and data, and build the network, data and settings for the runs.

    `fitted_targets` are those of the fit that is continued, if any.
    """
    sizes = check.hidden_layers(estimator.hidden_layer_sizes)
    activation_names = check.hidden_activations(estimator.activation, len(sizes))
    settings = check_settings(estimator)
    is_new = fitted_targets is None
    rows, targets = labelled_data(estimator, X, y, sample_weight, classes, is_new=is_new)
    output = _checked_output(estimator, make_output, targets, rows)
    n_per_weight = observations_per_weight(rows)
    varying = None
    if is_new:
        rows = weighted_rows(output, rows)
        rows, varying = _varying_features(rows)
    rows = canonical(rows)  # of the features in use, as others must not change the order
    activations = [ACTIVATIONS[name] for name in activation_names]
    network = Network(rows.n_features, sizes, activations, output)
    _check_suitability(settings, estimator.solver, network, activation_names)
    start = None
    if fitted_targets is not None:
        start = _last_weights(estimator, fitted_targets, network, targets)
    check_column_order(validation[1], getattr(y, "columns", ()), "y_val")
    validation_rows = validation_data(estimator, *validation, targets)
    rng = check_random_state(estimator.random_state)
    if validation_rows is not None and varying is not None:
        validation_rows = validation_rows.select(varying)
    elif validation_rows is None and estimator.early_stopping:
        rows, validation_rows = validation_split(rows, estimator.validation_fraction, rng)
    if validation_rows is not None:
        total_weight(output, validation_rows)  # an error if it is zero
    sample_seed = int(rng.randint(2**31 - 1))
    # After the splits, which must not depend on the number of runs.
    n_runs = int(estimator.n_init) if start is None else 1
    seeds = rng.randint(2**31 - 1, size=n_runs).tolist()
    return Prepared(
        network,
        targets,
        activation_names,
        settings,
        rows,
        validation_rows,
        start,
        varying,
        n_per_weight,
        seeds,
        sample_seed,
    )


def _check_suitability(
    settings: Settings, solver_name: str, network: Network, activation_names: list[str]
) -> None:
    """Refuse a solver or a preconditioner that does not suit the network."""
    rough = [name for name in activation_names if not ACTIVATIONS[name].smooth]
    settings.solver.check(solver_name, rough)
    if settings.preconditioner is not None:
        settings.preconditioner.check(network.layer_sizes)


def _varying_features(rows: Data) -> tuple[Data, IntArray | None]:
    """The rows without constant features, and the positions of the others unless all vary.

    Constant features, which could only disturb, get coefficients of zero. If all are constant, the
    first is kept.
    """
    varying = rows.varying()
    if len(varying) == rows.n_features:
        return rows, None
    varying = varying if len(varying) else np.zeros(1, dtype=np.intp)
    return rows.select(varying), varying


def check_settings(estimator: Any) -> Settings:
    """The settings of a run from the constructor's parameters."""
    for name in ("warm_start", "early_stopping"):
        if not isinstance(value := getattr(estimator, name), bool | np.bool_):
            raise ValueError(f"{name} must be True or False, got {shown(value)}.")
    check.whole_number("n_init", estimator.n_init, 1)
    if estimator.n_jobs is not None:
        check_scalar(estimator.n_jobs, "n_jobs", Integral)
        if estimator.n_jobs == 0:
            raise ValueError(
                "n_jobs must not be 0; None and 1 stand for one job, -1 for all cores."
            )
    check.real_number(
        "validation_fraction",
        estimator.validation_fraction,
        min_val=0,
        max_val=1,
        include_boundaries="neither",
    )
    patience = check.whole_number("n_iter_no_change", estimator.n_iter_no_change, 1)
    return Settings(
        penalty=check.penalty(estimator.alpha),
        solver=check.choice("solver", estimator.solver, SOLVERS),
        preconditioner=check.choice("preconditioner", estimator.preconditioner, PRECONDITIONERS),
        tol=check.tolerance(estimator.tol),
        max_iter=check.whole_number("max_iter", estimator.max_iter, 1),
        verbose=check.whole_number("verbose", estimator.verbose, 0) > 0,
        patience=patience if estimator.early_stopping else None,
    )


def labelled_data(
    estimator: Any, X: Any, y: Any, sample_weight: Any, classes: Any, *, is_new: bool
) -> tuple[Data, Targets]:
    """Features, labels and weights for training, and the kind and classes of the labels."""
    may_be_missing = check.labels_may_be_missing(estimator.missing_labels)
    targets = None if classes is None else targets_of_classes(classes)
    if targets is not None and targets.is_single:
        check_column_order(y, targets.classes, "y")
    if is_dask(X):
        return dask_data(estimator, X, y, sample_weight, targets, may_be_missing, is_new=is_new)
    y, sample_weight = in_memory(y), in_memory(sample_weight)
    X = check.check_features(estimator, X, reset=is_new)
    y = check_labels(y, "y", may_be_missing=may_be_missing)
    check_consistent_length(X, y)
    weight = check_sample_weight(sample_weight, X)
    if targets is None:
        targets, labels = encode_targets(y)
    else:
        labels = harden(targets.encode(y))
    _warn_of_column("y", targets, y)
    return Rows(X, labels, weight), targets


def validation_data(
    estimator: Any, X: Any, y: Any, sample_weight: Any, targets: Targets
) -> Data | None:
    """The validation data that were given to `fit`, if any."""
    if X is None and y is None and sample_weight is None:
        return None
    if X is None or y is None:
        raise ValueError("X_val and y_val must be given together; one or both are None.")
    may_be_missing = check.labels_may_be_missing(estimator.missing_labels)
    if targets.is_single:
        check_column_order(y, targets.classes, "y_val")
    if is_dask(X):
        return dask_validation_data(estimator, X, y, sample_weight, targets, may_be_missing)
    y, sample_weight = in_memory(y), in_memory(sample_weight)
    X = check.check_features(estimator, X, reset=False, name="X_val")
    y = check_labels(y, "y_val", may_be_missing=may_be_missing)
    check_consistent_length(X, y)
    weight = check_sample_weight(sample_weight, X, "sample_weight_val")
    labels = harden(targets.encode(y, "y_val"))
    _warn_of_column("y_val", targets, y)
    return Rows(X, labels, weight)


def validation_split(data: Data, fraction: float, rng: np.random.RandomState) -> tuple[Data, Data]:
    """Rows to train on and rows to validate on, with the classes in proportion."""
    n_validation = int(np.ceil(fraction * data.n_rows))
    if n_validation == data.n_rows:
        raise ValueError(
            f"validation_fraction={fraction} of {data.n_rows} rows leaves none to train on "
            "(equal rows count once, and rows of weight 0 not at all). Decrease it, or pass X_val "
            "and y_val to fit."
        )
    return random_split(data, n_validation, rng)


def _warn_of_column(name: str, targets: Targets, y: Any) -> None:
    if targets.is_column(y):
        warn(
            f"A column-vector {name} was passed when a 1d array was expected. Please change the "
            f"shape of {name} to (n_samples,), for example using ravel().",
            DataConversionWarning,
        )


def _checked_output(
    estimator: Any, make_output: MakeOutput, targets: Targets, data: Data
) -> Output:
    """The output layer with its loss."""
    label_smoothing = check.real_number(
        "label_smoothing",
        estimator.label_smoothing,
        min_val=0,
        max_val=1,
        include_boundaries="left",
    )
    class_weight = class_weights(estimator.class_weight, targets, data)
    output = make_output(
        targets.n_classes, label_smoothing=label_smoothing, class_weight=class_weight
    )
    if targets.is_multilabel and is_one_hot(data):
        own = "each with a softmax of its own" if output.competes else "predicted one by one"
        warn(
            "Every row of y has exactly one label. The columns of a 0/1 indicator are treated as "
            f"independent labels, {own}; if they are mutually exclusive classes, pass "
            "y.argmax(axis=1) instead."
        )
    return output


def _last_weights(
    estimator: Any, fitted_targets: Targets, network: Network, targets: Targets
) -> Vector:
    """The final weights of the last fit, from which the new one continues.

    Raises
    ------
    ValueError
        If targets or layer sizes have changed.
    """
    needs = "warm_start=True continues the last fit, so it needs the same"
    if not targets.matches(fitted_targets):
        raise ValueError(
            f"{needs} kind of y and classes: {fitted_targets.kind}, {fitted_targets.classes} then, "
            f"{targets.kind}, {targets.classes} now. Set warm_start=False to fit anew. "
            f"{PASS_CLASSES}"
        )
    last_sizes = (len(estimator.coefs_[0]), *map(len, estimator.intercepts_))
    if last_sizes != network.layer_sizes:
        raise ValueError(
            f"{needs} layer sizes, from features to output units: {last_sizes} then, "
            f"{network.layer_sizes} now. Set warm_start=False to fit anew."
        )
    return pack(map(Layer, estimator.intercepts_, estimator.coefs_)).astype(np.float64)
