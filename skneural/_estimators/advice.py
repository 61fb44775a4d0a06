"""Messages about the end of a fit: the cause that was measured, and what helps."""

import math

from skneural._estimators.preparation import Prepared
from skneural._network import ACTIVATIONS
from skneural._training import Solution, StopReason, Verdict

WINDOW = 10  # iterations over which the fall of the objective is measured
_SMALL_FALL = 1e-3  # relative: more iterations would hardly help
_UNEVEN, _FAR = 10.0, 3.0  # scales that differ so much, and means so far from 0, slow a solver down


def advice(solution: Solution, prepared: Prepared) -> str | None:
    """A sentence or two for the user, or None if the fit ended as it should."""
    reason = solution.stop_reason
    if reason is StopReason.NO_STRUCTURE and solution.verdict is not None:
        return _no_structure(solution.verdict, prepared)
    if reason is StopReason.INTERRUPTED:
        return (
            f"The fit was interrupted from the keyboard after {_iterations(solution)}; the "
            "estimator keeps the weights so far."
        )
    if reason is StopReason.OVERFLOW:
        return (
            "Loss or gradient overflowed at the next weights that the solver tried after "
            f"{_iterations(solution)}; the weights before them are kept. "
            + (_about_features(solution, prepared) or "Increase alpha, or scale the features.")
        )
    if reason in (StopReason.MAX_ITER, StopReason.PRECISION) and not solution.is_converged:
        return f"{_not_converged(solution, prepared)} {_remedy(solution, prepared)}"
    return None


def _no_structure(verdict: Verdict, prepared: Prepared) -> str:
    kind = "held-out" if verdict.is_held_out else "training"
    losses = (
        f"the log loss of the predictions for {verdict.n_rows} {kind} rows was "
        f"{verdict.loss:.3g}, and that of the frequencies of the classes "
        f"{verdict.frequencies_loss:.3g}"
    )
    if verdict.is_held_out:
        if verdict.loss < verdict.frequencies_loss:
            losses += ", which may be chance"
        return (
            f"No structure was found: {losses}. The fit therefore predicts the frequencies. If "
            "there is structure, more rows or other features may help, or a number for alpha."
        )
    remedy = "a smaller tol, " if prepared.settings.tol is not None else ""
    return (
        f"The fit learned nothing: {losses}. Perhaps {remedy}another random_state, another alpha "
        "or fewer hidden layers help."
    )


def _not_converged(solution: Solution, prepared: Prepared) -> str:
    end, tol = f"The fit stopped after {_iterations(solution)}", prepared.settings.tol
    if tol is not None:
        return f"{end} at a gradient norm of {solution.gradient_norm:.3g}; tol={tol:g}."
    if not 0 < (fall := _fall(solution)) < math.inf:
        return f"{end}."
    percent = 100 * fall / (1 + fall)  # of the objective before
    return (
        f"{end}, but the objective was still falling, by {percent:.2g} % in the last {WINDOW} "
        "iterations."
    )


def _remedy(solution: Solution, prepared: Prepared) -> str:
    if about_features := _about_features(solution, prepared):
        return about_features
    is_limited = solution.stop_reason is StopReason.MAX_ITER
    if is_limited and _fall(solution) > _SMALL_FALL:
        return "Increase max_iter."
    no_progress = "No further progress is possible"
    if is_limited:
        no_progress = "There is hardly any progress"
    rough = [name for name in prepared.activation_names if not ACTIVATIONS[name].smooth]
    if rough:
        return (
            f"{no_progress}: the gradient jumps at the kinks of {rough[0]!r}. Use tol='auto', to "
            "end when the objective stops falling, or a smooth activation such as 'silu'."
        )
    if prepared.rows.dtype.itemsize == 4:
        return f"{no_progress} in float32: use float64 features, or increase tol."
    return f"{no_progress}: increase tol or alpha."


def _about_features(solution: Solution, prepared: Prepared) -> str | None:
    """Advice on features that slow the solver down, as they are not preconditioned."""
    features = solution.features
    is_preconditioned = prepared.settings.preconditioner is not None
    remedy = "Scale them, for example with StandardScaler, or use preconditioner='auto'."
    if features is None or is_preconditioned:
        return None
    if features.scale_ratio > _UNEVEN:
        return (
            f"The scales of the features differ by a factor of {features.scale_ratio:.2g}. {remedy}"
        )
    if features.distance > _FAR:
        return (
            f"The mean of a feature is {features.distance:.2g} standard deviations from 0. {remedy}"
        )
    return None


def _fall(solution: Solution) -> float:
    """The relative fall of the objective in the last iterations; infinite after a single one."""
    last = solution.loss_curve[-WINDOW - 1 :]
    if len(last) == 1:
        return math.inf
    return (last[0] - last[-1]) / max(abs(last[-1]), 1e-300) if last else 0.0


def _iterations(solution: Solution) -> str:
    n_iter = len(solution.loss_curve)
    return "1 iteration" if n_iter == 1 else f"{n_iter} iterations"
