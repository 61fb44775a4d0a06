"""What `fit` is given, checked and turned into what a training run works with."""

import numpy as np
from sklearn.utils import check_consistent_length

from skneural._curvature import PRECONDITIONERS
from skneural._dask import dask_data, dask_validation_data, in_memory, is_dask
from skneural._data import Data, Rows, random_split
from skneural._inputs import (
    Targets,
    check_probabilities,
    check_sample_weight,
    class_weights,
    encode_targets,
    harden,
    targets_of_classes,
    warn_if_one_hot,
)
from skneural._inputs import parameters as check
from skneural._network import ACTIVATIONS, Network, Output
from skneural._training import OPTIMIZERS, Settings


def check_settings(estimator) -> Settings:
    """What a training run is told beside the data and the start."""
    for name in ("warm_start", "early_stopping"):
        if not isinstance(value := getattr(estimator, name), bool | np.bool_):
            raise ValueError(f"{name} must be True or False, got {value!r}.")
    check.whole_number("n_init", estimator.n_init, 1)
    check.real_number(
        "validation_fraction",
        estimator.validation_fraction,
        min_val=0,
        max_val=1,
        include_boundaries="neither",
    )
    patience = check.whole_number("n_iter_no_change", estimator.n_iter_no_change, 1)
    return Settings(
        alpha=check.penalty(estimator.alpha),
        optimizer=check.choice("solver", estimator.solver, OPTIMIZERS),
        preconditioner=check.choice("preconditioner", estimator.preconditioner, PRECONDITIONERS),
        tol=check.real_number("tol", estimator.tol, min_val=0),
        max_iter=check.whole_number("max_iter", estimator.max_iter, 1),
        verbose=check.whole_number("verbose", estimator.verbose, 0) > 0,
        patience=patience if estimator.early_stopping else None,
    )


def labelled_data(estimator, X, y, sample_weight, classes) -> tuple[Data, Targets]:
    """Features, labels and weights for a fit, and what the labels stand for."""
    if is_dask(X):
        return dask_data(estimator, X, y, sample_weight, classes)
    y, sample_weight = in_memory(y), in_memory(sample_weight)
    X = check.check_features(estimator, X, reset=True)
    y = estimator._check_labels(y, "y")
    check_consistent_length(X, y)
    weight = check_sample_weight(sample_weight, X)
    if classes is None:
        targets, labels = encode_targets(y)
    else:
        targets = targets_of_classes(classes)
        labels = harden(check_probabilities(y, targets.classes, "y"))
    return Rows(X, labels, weight), targets


def make_output(estimator, targets: Targets, data: Data) -> Output:
    """The output layer with its loss."""
    label_smoothing = check.real_number(
        "label_smoothing",
        estimator.label_smoothing,
        min_val=0,
        max_val=1,
        include_boundaries="left",
    )
    class_weight = class_weights(estimator.class_weight, targets, data)
    output: Output = estimator._make_output(
        targets.n_classes, label_smoothing=label_smoothing, class_weight=class_weight
    )
    if targets.is_multilabel and output.competes:
        warn_if_one_hot(data)
    return output


def validation_data(estimator, validation, targets: Targets) -> Data | None:
    """The validation data that were given to `fit`."""
    X, y, sample_weight = validation
    if X is None and y is None and sample_weight is None:
        return None
    if X is None or y is None:
        raise ValueError("X_val and y_val must be given together, or none of them.")
    if is_dask(X):
        return dask_validation_data(estimator, X, y, sample_weight, targets)
    y, sample_weight = in_memory(y), in_memory(sample_weight)
    X = check.check_features(estimator, X, reset=False)
    y = estimator._check_labels(y, "y_val")
    check_consistent_length(X, y)
    weight = check_sample_weight(sample_weight, X, "sample_weight_val")
    return Rows(X, targets.encode(y), weight)


def validation_split(data: Data, fraction: float, rng: np.random.RandomState) -> tuple[Data, Data]:
    """Set some rows aside for validation, in the proportion of the classes."""
    n_aside = int(np.ceil(fraction * data.n_rows))
    if n_aside == data.n_rows:
        raise ValueError(
            f"validation_fraction={fraction} of {data.n_rows} rows leaves none to train on."
        )
    return random_split(data, n_aside, rng)


def make_network(
    n_features: int,
    sizes: tuple[int, ...],
    activation_names: list[str],
    output: Output,
    settings: Settings,
) -> Network:
    """The network, if solver and preconditioner can do with its size and activations."""
    activations = [ACTIVATIONS[name] for name in activation_names]
    network = Network(n_features, sizes, activations, output)
    rough = [name for name in activation_names if not ACTIVATIONS[name].smooth]
    settings.optimizer.check(network.n_parameters, rough)
    if settings.preconditioner is not None:
        settings.preconditioner.check(network.layer_sizes)
    return network
