"""The result of a fit, as the fitted attributes of a classifier."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skneural._inputs import Targets
from skneural._network import Network
from skneural._training import Solution, StopReason
from skneural._typing import FloatArray, IntArray


class FittedAttributes:
    """Types of the public attributes of a fitted classifier, for type checkers."""

    classes_: Any  # an array, or a list of them
    coefs_: list[FloatArray]
    intercepts_: list[FloatArray]
    alpha_: FloatArray
    n_outputs_: int
    n_layers_: int
    out_activation_: str
    loss_: float
    loss_curve_: list[float]
    gradient_norm_: float
    gradient_norm_curve_: list[float]
    n_iter_: int
    n_fev_: int
    converged_: bool
    stop_reason_: str
    init_losses_: FloatArray
    validation_losses_: list[float]
    best_validation_loss_: float
    n_features_in_: int
    feature_names_in_: NDArray[Any]


@dataclass(frozen=True)
class FitRecord:
    """The attributes that a fit sets, by name; attributes that are None are not set."""

    classes_: Any
    coefs_: list[FloatArray]
    intercepts_: list[FloatArray]
    alpha_: FloatArray
    n_outputs_: int
    n_layers_: int
    out_activation_: str
    loss_: float
    loss_curve_: list[float]
    gradient_norm_: float
    gradient_norm_curve_: list[float]
    n_iter_: int
    n_fev_: int
    converged_: bool
    stop_reason_: str
    init_losses_: FloatArray
    validation_losses_: list[float] | None
    best_validation_loss_: float | None
    _target_kind: str
    _activation_names: list[str]

    def attributes_after(self, state: dict[str, Any]) -> dict[str, Any]:
        """The attributes of an estimator, given those before the fit."""
        kept = {name: value for name, value in state.items() if name not in _RECORDED}
        own = {name: value for name, value in vars(self).items() if value is not None}
        return kept | own


_RECORDED = {field.name for field in fields(FitRecord)}
_OPTIONAL = {"validation_losses_", "best_validation_loss_"}
ALWAYS_RECORDED = sorted(_RECORDED - _OPTIONAL)


@dataclass(frozen=True)
class Fit:
    """A fit before its first run; turns the solutions of its runs into a record.

    Parameters
    ----------
    network : Network
    targets : Targets
    activation_names : list of str
    varying : array of int or None
        Positions of the features that the network uses; None for all.
    n_features : int
    dtype : dtype
        Dtype of the computation, and so of the weights.
    is_validated : bool
        Whether there are validation data.
    selects_by_validation : bool
        Whether the best run is the one with the lowest validation loss.
    earlier : dict
        Attributes of the fit that is continued; empty for a new fit.
    """

    network: Network
    targets: Targets
    activation_names: list[str]
    varying: IntArray | None
    n_features: int
    dtype: np.dtype[Any]
    is_validated: bool
    selects_by_validation: bool
    earlier: dict[str, Any]

    def record(self, solutions: Sequence[Solution]) -> FitRecord:
        """The record of a fit whose runs end with these solutions; the best is kept."""
        best = self.best(solutions)
        layers = self.network.layers(best.theta.astype(self.dtype))
        loss_curve = self._continued("loss_curve_", best.loss_curve)
        return FitRecord(
            classes_=self.targets.classes,
            coefs_=[self._for_all_features(layers[0].coef), *(layer.coef for layer in layers[1:])],
            intercepts_=[layer.intercept for layer in layers],
            alpha_=best.alpha,
            n_outputs_=self.network.output.coding.n_units,
            n_layers_=len(self.network.layer_sizes),
            out_activation_=self.network.output.name,
            loss_=best.loss,
            loss_curve_=loss_curve,
            gradient_norm_=best.gradient_norm,
            gradient_norm_curve_=self._continued("gradient_norm_curve_", best.gradient_norm_curve),
            n_iter_=len(loss_curve),
            n_fev_=self.earlier.get("n_fev_", 0) + best.n_fev,
            converged_=best.is_converged,
            stop_reason_=best.stop_reason.value,
            init_losses_=np.array([solution.loss for solution in solutions]),
            validation_losses_=(
                self._continued("validation_losses_", best.validation_losses)
                if self.is_validated
                else None
            ),
            best_validation_loss_=best.best_validation_loss if self.is_validated else None,
            _target_kind=self.targets.kind,
            _activation_names=self.activation_names,
        )

    def best(self, solutions: Sequence[Solution]) -> Solution:
        """The solution that is kept; if any run was interrupted, so was the fit."""
        best = min(solutions, key=self._rank)
        if any(one.stop_reason is StopReason.INTERRUPTED for one in solutions):
            return replace(best, stop_reason=StopReason.INTERRUPTED)
        return best

    def _for_all_features(self, coef: FloatArray) -> FloatArray:
        """The coefficients of the first layer, with zeros for features that are not used."""
        if self.varying is None:
            return coef
        of_all = np.zeros((self.n_features, coef.shape[1]), dtype=coef.dtype)
        of_all[self.varying] = coef
        return of_all

    def _rank(self, solution: Solution) -> float:
        """The number by which runs are compared; lower is better.

        Objectives with penalties of their own cannot be compared.
        """
        verdict = solution.verdict
        loss = solution.loss
        if self.selects_by_validation:
            loss = solution.best_validation_loss
        elif verdict is not None and verdict.is_held_out:
            loss = verdict.loss
        return float(np.nan_to_num(loss, nan=np.inf))

    def _continued(self, name: str, values: Sequence[float]) -> list[float]:
        return [*self.earlier.get(name, []), *values]
