"""The loop over the stages of a run.

A stage first measures the curvature at the current weights, from which the penalty of each layer
and the reparametrization are computed; the last steps of the stage before refine it. Then the
solver runs. A penalty that is chosen from the data is judged on rows that are left out of the first
stages (see `stages`). The last one uses all rows.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from skneural._curvature import Curvature, Reparametrization, Secants
from skneural._data import Data, MapShards
from skneural._network import Network
from skneural._training.formulation import TOO_LARGE, Formulation
from skneural._training.problem import Problem
from skneural._training.progress import Progress
from skneural._training.settings import Settings
from skneural._training.solution import Solution, StopReason
from skneural._training.stages import Samples, Stage, StagePlan, plan_stages, stages
from skneural._training.verdict import Judge, Verdict
from skneural._typing import Vector

MOST_LEARNING_ITERATIONS = 200
MOST_REDRAWS = 5  # of the initial weights
WEAKER, LEAST_FACTOR = 100.0, 1e-6  # by which the first penalty of few rows becomes weaker
TAUGHT = 0.025  # the fall of the loss of unseen rows, over its excess, that repeats a stage
LEAST_EXCESS = 0.05  # of that loss over the loss of the sample's rows, relative
RETREAT = 4.0  # by which a penalty is divided that has spoilt predictions for unseen rows
SPOILT, MENDED = 8.0, 2.0  # nats, over all unseen rows, that call for a retreat, and for another


class Run:
    """The state that the stages of a run share."""

    def __init__(
        self,
        network: Network,
        rows: Data,
        settings: Settings,
        seeds: tuple[int, int],
        is_new: bool,
        observations_per_weight: float,
        map_shards: MapShards,
    ) -> None:
        self._network = network
        self._rows = rows
        self._max_iter = settings.max_iter
        self._solver = settings.solver
        self._has_tol = settings.tol is not None
        self._selects = settings.patience is not None
        self._is_new = is_new
        self._observations_per_weight = observations_per_weight
        rng, self._sample_rng = map(np.random.RandomState, seeds)
        self.formulation = Formulation(
            network, rows, settings, observations_per_weight, rng, map_shards
        )
        self._penalty = self.formulation.penalty
        self._secants = Secants()
        self._judge = Judge(network, self.formulation.size.unit, map_shards)
        self._first_factor = 1.0
        self._unlearned: Verdict | None = None  # on the rows of the first stage
        self._lowest_loss = np.inf  # of unseen rows, after a stage

    def all_stages(self, progress: Progress) -> StopReason:
        """Run all stages, and return why the last one ended."""
        reason = StopReason.MAX_ITER
        for stage in self._stages():
            reason = self._whole_stage(stage, progress)
            if reason is StopReason.EARLY_STOPPING and not stage.is_whole:
                continue  # more iterations on this sample would not help, but more rows may
            if not reason.completes_stage:
                break
            if reason is StopReason.TOL and stage.is_whole and self._penalty.is_fixed:
                break
            if stage.is_trial and stage.unseen_rows is not None:
                verdict = self._judge.compare(stage.rows, stage.unseen_rows, progress.theta)
                is_cause = self._unlearned is not None and not verdict.finds_structure
                progress.verdict = self._unlearned if is_cause else verdict
        if reason is StopReason.EARLY_STOPPING:
            progress.verdict = None  # the validation data have chosen other weights
        is_end = reason in (StopReason.TOL, StopReason.EARLY_STOPPING)
        if is_end and not self._finds_structure(progress):
            return StopReason.NO_STRUCTURE
        return reason

    def _stages(self) -> Iterator[Stage]:
        max_iter, chooses = self._max_iter, not self._penalty.is_fixed
        samples = Samples()
        if self._is_new and self.formulation.measures_curvature:
            n_observed = self.formulation.size.n_observed
            samples = Samples.of(self._rows.n_rows, n_observed, holds_out=chooses)
        plan = [StagePlan(None, max_iter)]
        if self._is_new if chooses else self.formulation.measures_curvature:
            plan = plan_stages(samples, max_iter, chooses=chooses)
        return stages(plan, self._rows, samples, self._observations_per_weight, self._sample_rng)

    def _whole_stage(self, stage: Stage, progress: Progress) -> StopReason:
        """Run a stage, with its repetitions."""
        if stage.is_repeated and stage.unseen_rows is not None:
            reason = self._exhaust(stage, stage.unseen_rows, progress)
        elif stage.is_first and not stage.is_last and not self._penalty.is_fixed:
            reason = self._learn(stage, progress)
        else:
            reason = self._stage(stage, progress)
        if stage.is_split and stage.unseen_rows is not None:
            reason = self._retreat(stage, stage.unseen_rows, progress, reason)
        return reason

    def _retreat(
        self, stage: Stage, unseen_rows: Data, progress: Progress, reason: StopReason
    ) -> StopReason:
        """Weaken a penalty that was tried, if an earlier one led to better predictions.

        The evidence treats as noise whatever few rows do not determine. Where it is not noise, the
        penalties grow from stage to stage, and predictions for unseen rows get worse. On large
        data, worse predictions do not show that: in the middle of a fit, a network learns faster
        under a weaker penalty.
        """
        n_labels = self._judge.n_labels(unseen_rows)
        loss = self._judge.loss(unseen_rows, progress.theta)
        is_due = stage.is_trial and n_labels * (loss - self._lowest_loss) > SPOILT
        while is_due and reason.completes_stage and progress.n_iter < self._max_iter // 2:
            theta, alpha, before = progress.theta, progress.alpha, loss
            reason = self._stage(stage, progress, alpha=alpha / RETREAT)
            loss = self._judge.loss(unseen_rows, progress.theta)
            is_due = n_labels * (before - loss) > MENDED
            if reason.completes_stage and not is_due:
                progress.theta, progress.alpha = theta, alpha
        self._lowest_loss = min(self._lowest_loss, loss)
        return reason

    def _exhaust(self, stage: Stage, unseen_rows: Data, progress: Progress) -> StopReason:
        """Repeat a stage as long as its rows teach something about others.

        The others are predicted worse, because the sample is small. Where that is most of what
        could still be gained, more rows teach more than more iterations.
        """
        loss = self._judge.loss(unseen_rows, progress.theta)
        while True:
            reason = self._stage(stage, progress)
            is_due = reason is not StopReason.MAX_ITER or progress.n_iter >= self._max_iter // 2
            before, loss = loss, self._judge.loss(unseen_rows, progress.theta)
            excess = max(loss - self._judge.loss(stage.rows, progress.theta), LEAST_EXCESS * loss)
            if is_due or not before - loss >= TAUGHT * excess:
                return reason

    def _stage(
        self,
        stage: Stage,
        progress: Progress,
        *,
        goal: float = -np.inf,
        alpha: Vector | None = None,
    ) -> StopReason:
        """Run the solver on the rows of a stage, at most to a loss, and return why it ended.

        The penalty is updated at the start, unless it is given.
        """
        reparametrization = self._begin(stage, progress, alpha)
        if reparametrization is None:  # the curvature or the penalty overflows
            return self._overflow(progress)
        formulation = self.formulation
        objective = formulation.objective(stage.rows, progress.alpha)
        end = self._max_iter
        if not stage.is_last:
            end = min(progress.n_iter + stage.n_iter, end)
        secants = self._secants if stage.hands_on else None
        while reparametrization is not None:
            refined = self._secants.refine(reparametrization, objective.penalty_product)
            if stage.is_last:
                self._secants.clear()  # no stage follows that needs them
            problem = Problem(objective, refined, progress, end, goal, secants)
            if reason := problem.begin():
                return self._overflow(progress) if reason is StopReason.OVERFLOW else reason
            loss = progress.loss
            reason = self._solver.run(problem, np.zeros_like(progress.theta))
            # A line search may fail because of the solver's memory, old or new, or at a kink of an
            # activation, although other directions lead down. The solver then starts afresh.
            may_go_on = progress.loss < loss or refined is not reparametrization
            if reason is not StopReason.PRECISION or not may_go_on:
                return progress.ended_by(reason)
            self._secants.clear()
            curvature = formulation.curvature(progress.theta, stage.rows, is_last=stage.is_last)
            reparametrization = formulation.reparametrization(curvature, progress.alpha)
        return StopReason.OVERFLOW

    def _overflow(self, progress: Progress) -> StopReason:
        """The reason to stop at the last iterate; an error if there is none."""
        if not progress.is_evaluated:
            raise ValueError(TOO_LARGE)
        return StopReason.OVERFLOW

    def _begin(
        self, stage: Stage, progress: Progress, alpha: Vector | None
    ) -> Reparametrization | None:
        """Set or update the penalty at the start of a stage, and choose the change of variables.

        The curvature, which may be large, is released when the solver runs.
        """
        curvature = self.formulation.curvature(progress.theta, stage.rows, is_last=stage.is_last)
        if curvature is not None and not curvature.is_finite():
            return None
        if alpha is None:
            alpha = self._alpha(stage, curvature, progress)
        note = f"{stage.rows.n_rows} rows"
        progress.begin_stage(alpha, note, is_whole=stage.is_whole, is_last=stage.is_last)
        if stage.is_last and self._gives_up(progress):
            progress.theta = self._network.without_coefs(progress.theta)
            self._secants.clear()
        return self.formulation.reparametrization(curvature, alpha)

    def _alpha(self, stage: Stage, curvature: Curvature | None, progress: Progress) -> Vector:
        """The penalty of each layer in a stage."""
        if self._penalty.is_fixed or (stage.is_first and self._is_new):
            return self._penalty.first() * self._first_factor
        assert curvature is not None
        if stage.unseen_rows is not None or not self._is_new:
            surprise = 1.0
            if stage.is_trial and stage.unseen_rows is not None:
                surprise = self._judge.surprise(stage.unseen_rows, progress.theta)
            return self.formulation.updated_penalty(
                curvature,
                progress.theta,
                stage.rows,
                stage.unseen_rows,
                surprise=surprise,
            )
        return self._penalty.strongest() if self._gives_up(progress) else progress.alpha

    def _gives_up(self, progress: Progress) -> bool:
        """Whether only the intercepts are still fitted."""
        return progress.verdict is not None and not progress.verdict.finds_structure

    def _learn(self, stage: Stage, progress: Progress) -> StopReason:
        """Repeat a stage until the network fits its rows; end it once it fits them well.

        A penalty is judged by what a network has learned; before that, everything is noise. If
        there are too few rows to judge it, the first penalty is kept, but divided by 100 with each
        repetition, because it may be what keeps the network from learning. If the units of a layer
        are all inactive, nothing can be learned from there, so the weights are drawn anew.
        """
        most = min(MOST_LEARNING_ITERATIONS, self._max_iter // 2)
        redraws = MOST_REDRAWS if self._is_new and self._network.n_layers > 1 else 0
        goal = self._judge.goal(stage.rows)
        reason = self._stage(stage, progress, goal=goal)
        while reason.completes_stage:
            seen = self._judge.compare(stage.rows, stage.rows, progress.theta)
            finds_all = seen.leaves_nothing or seen.finds_structure
            self._unlearned = None if finds_all else seen
            if seen.is_learned or progress.n_iter >= most:
                break
            is_redrawn = redraws > 0 and not seen.finds_structure
            if is_redrawn:
                progress.theta = self.formulation.initial_weights()
                self._secants.clear()
                redraws -= 1
            if stage.is_whole and self._first_factor > LEAST_FACTOR:
                self._first_factor = max(self._first_factor / WEAKER, LEAST_FACTOR)
            elif reason is not StopReason.MAX_ITER and not is_redrawn:
                break
            reason = self._stage(stage, progress, goal=goal)
        return reason

    def _finds_structure(self, progress: Progress) -> bool:
        """Whether predictions are better than the frequencies of the classes, in the end too.

        A fixed penalty and a number for `tol` ask for a gradient, whatever the predictions.
        """
        if self._penalty.is_fixed and self._has_tol:
            return True
        verdict = progress.verdict
        if verdict is None or verdict.finds_structure:
            theta = self._kept_weights(progress)
            verdict = self._judge.compare(self._rows, self._rows, theta)
        if progress.verdict is None or not verdict.finds_structure:
            progress.verdict = verdict
        return verdict.finds_structure

    def _kept_weights(self, progress: Progress) -> Vector:
        """The last weights, or those with the lowest validation loss if that ends the run."""
        if self._selects and progress.validation is not None:
            return progress.validation.best_theta
        return progress.theta

    def finish(self, progress: Progress, reason: StopReason) -> Solution:
        """The solution, with the loss and gradient for all rows and the last penalty."""
        theta, verdict = self._kept_weights(progress), progress.verdict
        is_noise = reason is StopReason.NO_STRUCTURE and verdict is not None and verdict.is_held_out
        if is_noise and not self._selects:
            theta = self._network.without_coefs(theta)  # they are traces, as the penalty is strong
        # If a stage is cut short, the loss may still be that of other rows or another penalty.
        if theta is not progress.theta or not reason.completes_stage:
            progress.theta = theta
            progress.loss, gradient = self.formulation.objective(self._rows, progress.alpha)(theta)
            progress.gradient_norm = float(np.abs(gradient).max())
            progress.n_fev += 1
        return replace(progress.solution(reason), features=self.formulation.features())
