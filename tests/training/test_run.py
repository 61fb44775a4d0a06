from functools import partial
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from threadpoolctl import threadpool_limits

from skneural._curvature.moments import feature_moments
from skneural._curvature.penalty import BOUND, WEAK, AutoPenalty, FixedPenalty
from skneural._curvature.preconditioner import PRECONDITIONERS, Preconditioner
from skneural._curvature.secants import MOST_PAIRS, Secants
from skneural._data import threads as _threads
from skneural._data.rows import Rows
from skneural._network.activations import ACTIVATIONS
from skneural._network.network import Network
from skneural._network.objective import Objective
from skneural._network.row_sums import frequencies_loss, weighted_rows
from skneural._network.row_sums import log_loss as network_log_loss
from skneural._network.sigmoid import SigmoidOutput
from skneural._network.softmax import SoftmaxOutput
from skneural._training import run as _run
from skneural._training import stages as _stages
from skneural._training.progress import LEAST_LOSS, WINDOW, least_fall
from skneural._training.run import MOST_LEARNING_ITERATIONS, MOST_REDRAWS, RETREAT
from skneural._training.settings import Settings
from skneural._training.solution import StopReason
from skneural._training.solvers import SOLVERS, Solver
from skneural._training.stages import (
    CHOICES,
    DENSE_NUMBERS,
    GROWTH,
    LEARNING_ITERATIONS,
    REFRESH_ITERATIONS,
    SAMPLE_ITERATIONS,
    SMALLEST_SAMPLE,
    STAGE_ITERATIONS,
    TRIAL_ITERATIONS,
    Samples,
)
from skneural._training.training import train
from skneural._training.verdict import WELL_LEARNED

N_LARGE = GROWTH * SMALLEST_SAMPLE + 3
CONTAINERS = [np.asarray, sp.csr_array]

# --- Stages on samples ---------------------------------------------------------------------


def large(dtype=np.float64, convert=np.asarray):
    X, y = make_classification(N_LARGE, 8, n_informative=6, n_classes=3, random_state=0)
    rows = Rows(convert(X.astype(dtype)), y[:, None], np.ones(N_LARGE))
    return Network(8, (6,), [ACTIVATIONS["tanh"]], SoftmaxOutput((3,))), rows


class RecordingSolver(Solver):
    """L-BFGS that records the objectives of the problems it is given, and when they begin."""

    def __init__(self):
        self.objectives = []
        self.starts = []
        self.origins = []

    def run(self, problem, start):
        self.objectives.append(problem.objective)
        self.starts.append(problem._progress.n_iter)
        self.origins.append(problem._progress.theta)
        return SOLVERS["lbfgs"].run(problem, start)

    @property
    def sizes(self):
        return [objective.rows.n_rows for objective in self.objectives]


def settings(**changes):
    defaults = {
        "penalty": AutoPenalty,
        "solver": SOLVERS["lbfgs"],
        "preconditioner": Preconditioner.AUTO,
        "tol": 0.0,
        "max_iter": 100,
    }
    return Settings(**{**defaults, **changes})


def fixed(alpha):
    return partial(FixedPenalty, alpha=alpha)


def assert_refers_to_all_rows(solution, network, rows, *, is_standardised=True):
    """The loss is that of all rows; the first penalty is, or is not, for standardised features."""
    _, scale = feature_moments(network.output, rows)
    units = scale**2 if is_standardised else np.ones(len(scale))
    penalties = [solution.alpha[0] * units, *solution.alpha[1:]]
    loss, gradient = Objective(network, rows, penalties)(solution.theta)
    np.testing.assert_allclose(solution.loss, loss, rtol=1e-12)
    np.testing.assert_allclose(solution.gradient_norm, np.abs(gradient).max(), rtol=1e-9)


def test_stages_run_on_growing_samples_and_then_on_all_rows():
    network, rows = large()
    solver = RecordingSolver()
    solution = train(network, rows, settings(solver=solver, max_iter=300), seed=0)
    size, half = Samples.of(N_LARGE, N_LARGE, holds_out=True).all_sizes
    assert solver.sizes == [size] * (len(solver.sizes) - 3) + [half] * 2 + [N_LARGE]
    steps = np.diff(solver.starts).tolist()
    # The network learns for as long as it takes; the penalty is chosen twice, and then tried until
    # the sample has nothing more to teach. On half of the rows, it is tried twice, and corrected
    # once more.
    *steps, first, second = steps
    assert (first, second, 0) == TRIAL_ITERATIONS
    n_learning, n_others = steps.count(LEARNING_ITERATIONS), steps.count(SAMPLE_ITERATIONS)
    assert n_learning > 0
    assert n_others >= CHOICES
    assert steps == [LEARNING_ITERATIONS] * n_learning + [SAMPLE_ITERATIONS] * n_others
    assert len(solution.loss_curve) == 300
    assert_refers_to_all_rows(solution, network, rows)
    again = RecordingSolver()
    train(network, rows, settings(solver=again), seed=0, start=solution.theta)
    assert set(again.sizes) == {N_LARGE}
    single = RecordingSolver()
    one_stage = settings(solver=single, penalty=fixed(1.0), preconditioner=None, max_iter=40)
    train(network, rows, one_stage, seed=0)
    assert single.sizes == [N_LARGE]


@pytest.mark.parametrize(("numbers", "n_pairs"), [(DENSE_NUMBERS, MOST_PAIRS), (10**6, 0)])
def test_a_stage_begins_with_the_last_steps_before_it_if_rows_take_most_of_the_time(
    numbers, n_pairs, monkeypatch
):
    seen = []

    def refine(secants, T, penalty_product):
        seen.append(len(secants._pairs))
        return T

    monkeypatch.setattr(Secants, "refine", refine)
    monkeypatch.setattr(_stages, "DENSE_NUMBERS", numbers)
    train(*large(), settings(max_iter=300), seed=0)
    first, *others = seen
    assert (first, set(others)) == (0, {n_pairs})


class DistrustfulSolver(RecordingSolver):
    """Gives up at once where it is handed on what another has learned."""

    def __init__(self):
        super().__init__()
        self.refined = []

    def run(self, problem, start):
        self.refined.append(problem._reparametrization.is_scaled)
        return StopReason.PRECISION if self.refined[-1] else super().run(problem, start)


def test_a_solver_that_gives_up_with_what_it_was_handed_on_starts_without_it():
    network, rows = large()
    solver = DistrustfulSolver()
    solution = train(network, rows, settings(solver=solver, max_iter=300), seed=0)
    assert len(solution.loss_curve) == 300
    assert solver.refined == [False] + [True, False] * (len(solver.refined) // 2)


@pytest.mark.parametrize("penalty", [AutoPenalty, fixed(1.0)])
@pytest.mark.parametrize("n_rows", [400, N_LARGE])
def test_a_stage_begins_with_the_evaluation_that_ended_the_one_before(n_rows, penalty, monkeypatch):
    network, rows = large()
    evaluated = []
    losses = Objective.losses

    def noted(objective, theta):
        evaluated.append((objective.rows, theta))
        return losses(objective, theta)

    monkeypatch.setattr(Objective, "losses", noted)
    solver = RecordingSolver()
    few = rows.sample(np.arange(n_rows))
    kronecker = PRECONDITIONERS["kronecker"]
    changed = settings(solver=solver, penalty=penalty, preconditioner=kronecker)
    solution = train(network, few, changed, seed=0)
    assert len(solver.sizes) > len(set(solver.sizes))  # there are stages with the same rows
    assert solution.n_fev == len(evaluated)
    for (rows, theta), (next_rows, next_theta) in pairwise(evaluated):
        assert rows is not next_rows or not np.array_equal(theta, next_theta)


def test_a_fixed_penalty_renews_the_preconditioner_on_samples_and_on_all_rows():
    network, rows = large()
    solver = RecordingSolver()
    run = settings(solver=solver, penalty=fixed(1.0), max_iter=300)
    solution = train(network, rows, run, seed=0)
    (size,) = Samples.of(N_LARGE, N_LARGE, holds_out=False).sizes
    assert solver.sizes == [size] * (len(solver.sizes) - 3) + [N_LARGE] * 3
    steps = np.diff(solver.starts).tolist()
    assert steps == [SAMPLE_ITERATIONS] * (len(steps) - 2) + [REFRESH_ITERATIONS] * 2
    assert_refers_to_all_rows(solution, network, rows, is_standardised=False)


@pytest.mark.parametrize(("taught", "n_stages"), [(1e3, 1), (-1e3, None)])
def test_a_stage_is_repeated_while_it_teaches_but_not_beyond_half_of_the_iterations(
    taught, n_stages, monkeypatch
):
    monkeypatch.setattr(_run, "TAUGHT", taught)  # nothing is enough, or anything
    network, rows = large()
    solver = RecordingSolver()
    train(network, rows, settings(solver=solver, penalty=fixed(1.0), max_iter=200), seed=0)
    *repeated, first, _, _ = solver.starts
    assert len(repeated) == (n_stages or 100 // SAMPLE_ITERATIONS)
    assert first == SAMPLE_ITERATIONS * len(repeated)


def test_the_first_stage_ends_as_soon_as_its_rows_are_learned_well():
    X, y = separable(np.random.default_rng(0))
    rows = Rows(X, y[:, None], np.ones(len(y)))
    network = Network(2, (4,), [ACTIVATIONS["tanh"]], SoftmaxOutput((2,)))
    solver = RecordingSolver()
    losses = train(network, rows, settings(solver=solver), seed=0).loss_curve
    _, learned, chosen, *_ = solver.starts
    sample = solver.objectives[0].rows
    goal = WELL_LEARNED * frequencies_loss(network.output, sample, sample)
    assert 1 < learned < LEARNING_ITERATIONS
    assert losses[learned - 1] <= goal < losses[learned - 2]
    assert chosen == learned + STAGE_ITERATIONS  # other stages do not end so


class GrowingPenalty(AutoPenalty):
    """Penalties that are right at first, and then far too strong."""

    def __init__(self, *arguments, factor):
        super().__init__(*arguments)
        self._factor = factor
        self.n_updates = 0

    def update(self, curvature, layers, **options):
        self.n_updates += 1
        return self.first() * (self._factor if self.n_updates == CHOICES else 1.0)


def growing(factor, **changes):
    """The solver, the penalty of each of its runs on the sample, and the solution."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 2))
    rows = Rows(X, (X[:, :1] > 0).astype(int), np.ones(500))
    network = Network(2, (4,), [ACTIVATIONS["tanh"]], SoftmaxOutput((2,)))
    solver = RecordingSolver()
    run = settings(solver=solver, penalty=partial(GrowingPenalty, factor=factor), **changes)
    solution = train(network, rows, run, seed=0)
    alpha = [each.alpha[1][0] for each in solver.objectives if each.rows.n_rows == 400]
    return solver, np.array(alpha), solution


def test_a_penalty_that_spoils_predictions_is_weakened_for_as_long_as_that_helps():
    solver, alpha, solution = growing(factor=1e3, max_iter=200)
    *chosen, trial = alpha[: alpha.argmax() + 1]
    np.testing.assert_allclose([*chosen[-2:], trial], [WEAK, WEAK, 1e3 * WEAK])
    weaker = alpha[alpha.argmax() + 1 :]
    assert len(weaker) > 2
    np.testing.assert_allclose(weaker, trial / RETREAT ** np.arange(1, len(weaker) + 1))
    assert solution.alpha[1] == weaker[-2]  # the last attempt was no better
    assert set(np.diff(solver.starts[1 : len(alpha) + 1])) == {STAGE_ITERATIONS}
    assert solution.verdict.finds_structure


def test_a_penalty_that_spoils_nothing_is_kept():
    _, alpha, solution = growing(factor=2.0)
    np.testing.assert_allclose(alpha, [WEAK, WEAK, WEAK, 2 * WEAK])
    np.testing.assert_allclose(solution.alpha, 2 * WEAK)


def test_a_penalty_is_weakened_in_the_first_half_of_the_iterations_only():
    solver, alpha, solution = growing(factor=1e3, max_iter=60)
    assert solution.alpha[1] == alpha[-1] > WEAK
    assert 30 <= solver.starts[len(alpha)] < 30 + STAGE_ITERATIONS
    assert len(solution.loss_curve) <= 60


class SlowSolver(RecordingSolver):
    """Gradient descent in steps that are much too short."""

    def run(self, problem, start):
        self.starts.append(problem._progress.n_iter)
        phi = start
        while True:
            phi = phi - 1e-3 * problem.evaluate(phi)[1]
            if reason := problem.accept(phi):
                return reason


@pytest.mark.parametrize("n_rows", [15, 150])
def test_weights_from_which_nothing_can_be_learned_are_drawn_anew(
    classifier, n_rows, iris, monkeypatch
):
    draw, drawn = Network.initial_weights, []

    def inactive_at_first(network, *args):
        theta = draw(network, *args)
        if not drawn:
            hidden, _ = network.layers(theta)
            hidden.coef[...], hidden.intercept[...] = 0, -1
        drawn.append(theta)
        return theta

    monkeypatch.setattr(Network, "initial_weights", inactive_at_first)
    X, y = (part[:: 150 // n_rows] for part in iris)
    assert classifier(5, random_state=0).fit(X, y).score(X, y) > 0.8
    assert len(drawn) == 2


def test_weights_are_not_drawn_anew_for_ever_nor_at_a_warm_start(classifier, iris, monkeypatch):
    draw, drawn = Network.initial_weights, []

    def record(network, *args):
        drawn.append(args)
        return draw(network, *args)

    monkeypatch.setattr(Network, "initial_weights", record)
    model = classifier(5, warm_start=True, random_state=0).fit(*iris)
    n_before = len(drawn)
    X = np.zeros((150, 4))
    with pytest.warns(ConvergenceWarning, match="log loss of the predictions"):
        model.fit(X, iris[1])
    assert len(drawn) == n_before
    with pytest.warns(ConvergenceWarning, match="log loss of the predictions"):
        model.set_params(warm_start=False).fit(X, iris[1])
    assert len(drawn) == n_before + 1 + MOST_REDRAWS


@pytest.mark.parametrize("max_iter", [90, 1000])
def test_a_network_that_learns_nothing_is_not_taught_for_ever(max_iter):
    X, y = noise(0)
    rows = Rows(X, y[:, None], np.ones(len(y)))
    network = Network(10, (), [], SoftmaxOutput((2,)))
    solver = SlowSolver()
    train(network, rows, settings(solver=solver, max_iter=max_iter), seed=0)
    learning = solver.starts[:-4]
    assert len(learning) > 1
    assert learning[-1] < min(MOST_LEARNING_ITERATIONS, max_iter // 2)


@pytest.mark.parametrize("max_iter", [1, 15, 50, 51, 52, 80, 101, 102])
def test_wherever_max_iter_ends_a_run_the_solution_refers_to_all_rows(max_iter):
    network, rows = large()
    solution = train(network, rows, settings(max_iter=max_iter), seed=0)
    assert solution.stop_reason is StopReason.MAX_ITER
    assert len(solution.loss_curve) == max_iter
    assert_refers_to_all_rows(solution, network, rows)


@pytest.mark.parametrize("reason", [StopReason.INTERRUPTED, StopReason.CALLBACK])
@pytest.mark.parametrize("iteration", [1, 15, 20, 50])
def test_a_run_that_ends_in_any_stage_refers_to_all_rows(iteration, reason):
    network, rows = large()

    def end(solution):
        if len(solution.loss_curve) < iteration:
            return None
        if reason is StopReason.INTERRUPTED:
            raise KeyboardInterrupt
        return reason

    solution = train(network, rows, settings(), seed=0, observers=[end])
    assert solution.stop_reason is reason
    assert len(solution.loss_curve) == iteration
    assert_refers_to_all_rows(solution, network, rows)


class InterruptedPenalty(AutoPenalty):
    """A penalty that is interrupted when it is asked for the n-th time."""

    def __init__(self, *args, number):
        super().__init__(*args)
        self.left = number

    def count(self):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt

    def first(self):
        self.count()
        return super().first()

    def update(self, curvature, layers, **state):
        self.count()
        return super().update(curvature, layers, **state)


class InterruptedPreconditioner:
    """A preconditioner whose use with a number is interrupted."""

    def __init__(self, number):
        self.left = number

    def largest_dimensions(self, n_rows):
        return Preconditioner.AUTO.largest_dimensions(n_rows)

    def reparametrization(self, *arguments):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        return Preconditioner.AUTO.reparametrization(*arguments)


INTERRUPTED = {
    "penalty": lambda number: {"penalty": partial(InterruptedPenalty, number=number)},
    "preconditioner": lambda number: {"preconditioner": InterruptedPreconditioner(number)},
}


@pytest.mark.parametrize("part", INTERRUPTED)
@pytest.mark.parametrize("number", [2, 3, 4])
def test_an_interruption_between_two_stages_keeps_the_last_iterate(number, part):
    network, rows = large()
    solver = RecordingSolver()
    train(network, rows, settings(solver=solver), seed=0)
    solution = train(network, rows, settings(**INTERRUPTED[part](number)), seed=0)
    assert solution.stop_reason is StopReason.INTERRUPTED
    assert len(solution.loss_curve) == solver.starts[number - 1] > 0
    assert_refers_to_all_rows(solution, network, rows)


@pytest.mark.parametrize("part", INTERRUPTED)
def test_an_interruption_before_the_first_iterate_is_raised(part):
    with pytest.raises(KeyboardInterrupt):
        train(*large(), settings(**INTERRUPTED[part](1)), seed=0)


class LeapingSolver(Solver):
    """Makes one iteration; in the stage with a number a leap to huge weights."""

    def __init__(self, number):
        self.left = number

    def run(self, problem, start):
        self.left -= 1
        phi = start + (5e17 if self.left == 0 else 1e-3)
        return problem.accept(phi) or StopReason.PRECISION


@pytest.mark.parametrize("number", [1, 2, 3])
def test_curvature_that_overflows_ends_the_run_at_the_last_iterate(number, monkeypatch):
    monkeypatch.setattr(_run, "MOST_REDRAWS", 0)
    monkeypatch.setattr(Secants, "refine", lambda self, T, _: T)  # the leap is one of the weights
    _, rows = large(np.float32)  # which holds the logits there, but not their squares
    network = Network(8, (6,), [ACTIVATIONS["relu"]], SoftmaxOutput((3,)))
    run = settings(solver=LeapingSolver(number), preconditioner=None)
    solution = train(network, rows, run, seed=0)
    assert solution.stop_reason is StopReason.OVERFLOW
    assert len(solution.loss_curve) == number
    assert np.abs(solution.theta).max() > 1e17
    assert np.isfinite(solution.loss)


def test_on_a_sample_the_penalty_is_as_strong_as_on_all_rows():
    network, rows = large()
    weight = np.random.default_rng(0).uniform(0.1, 10, N_LARGE)
    solver = RecordingSolver()
    weighted = Rows(rows.X, rows.labels, weight)
    train(network, weighted, settings(penalty=fixed(3.0), solver=solver), seed=0)
    assert len(set(solver.sizes)) > 1
    for objective in solver.objectives:
        for alpha in objective.alpha:
            np.testing.assert_array_equal(alpha, 3.0)


def test_a_solver_that_gives_up_is_started_afresh_until_that_lowers_the_loss_no_more():
    class Hesitant(RecordingSolver):
        def run(self, problem, start):
            self.objectives.append(problem.objective)
            steps = 5 - len(self.objectives)
            _, gradient = problem.evaluate(start)
            if steps > 0:
                assert problem.accept(start - 1e-3 * gradient) is None
            return StopReason.PRECISION

    network, rows = large()
    solver = Hesitant()
    run = settings(solver=solver, penalty=fixed(1.0), preconditioner=None)
    solution = train(network, rows, run, seed=0)
    assert solution.stop_reason is StopReason.PRECISION
    assert len(solver.objectives) == 5
    assert len(solution.loss_curve) == 4


@pytest.mark.parametrize("convert", CONTAINERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_samples_are_those_of_the_seed_for_any_number_of_threads(dtype, convert, monkeypatch):
    monkeypatch.setattr(_threads, "THREADING_PAYS", 0)
    network, rows = large(dtype, convert)
    run = settings(max_iter=60)
    thetas = []
    for n_threads in (1, 2, 4):
        with threadpool_limits(n_threads, user_api="blas"):
            thetas.append(train(network, rows, run, seed=0).theta)
    np.testing.assert_array_equal(thetas[1], thetas[0])
    np.testing.assert_array_equal(thetas[2], thetas[0])
    assert not np.array_equal(train(network, rows, run, seed=1).theta, thetas[0])


def test_weights_and_samples_have_seeds_of_their_own():
    network, rows = large()

    def start(seed, sample_seed):
        solver = RecordingSolver()
        train(
            network, rows, settings(solver=solver, max_iter=100), seed=seed, sample_seed=sample_seed
        )
        return solver.origins[0], solver.objectives[0].rows.features(slice(None))

    theta, sample = start(0, 0)
    other_theta, same_sample = start(1, 0)
    np.testing.assert_array_equal(same_sample, sample)
    assert not np.array_equal(other_theta, theta)
    same_theta, other_sample = start(0, 1)
    np.testing.assert_array_equal(same_theta, theta)
    assert other_sample.shape == sample.shape
    assert not np.array_equal(other_sample, sample)


@pytest.mark.parametrize("factor", [1.0, 5.0])
def test_class_weights_that_differ_leave_fewer_observations(factor):
    class SizedPenalty(AutoPenalty):
        def __init__(self, network, size, map_layers):
            super().__init__(network, size, map_layers)
            sizes.append(size)

    sizes = []
    _, rows = large()
    class_weight = factor * np.array([0.2, 1.0, 4.0])
    network = Network(8, (), [], SoftmaxOutput((3,), class_weight=[class_weight]))
    run = settings(penalty=SizedPenalty, max_iter=1)
    train(network, rows, run, seed=0, observations_per_weight=2.0)
    (size,) = sizes
    of_rows = class_weight[rows.labels[:, 0]]
    np.testing.assert_allclose(size.total_weight, of_rows.sum())
    np.testing.assert_allclose(size.n_observed, 2 * of_rows.sum() ** 2 / (of_rows**2).sum())
    assert size.n_observed < 2 * N_LARGE


@pytest.mark.parametrize("every", [2, 5, 9000])
def test_rows_of_weight_zero_are_as_if_they_were_absent(every):
    network, rows = large()
    weight = np.zeros(N_LARGE)
    weight[1::every] = 1
    assert len(np.unique(rows.labels[1::every])) > 1
    used = np.flatnonzero(weight)
    absent = Rows(rows.X[used], rows.labels[used], weight[used])
    present = Rows(rows.X, rows.labels, weight)
    np.testing.assert_array_equal(weighted_rows(network.output, present).index, used)
    assert weighted_rows(network.output, absent) is absent
    solutions = [train(network, r, settings(max_iter=30), seed=0) for r in (present, absent)]
    np.testing.assert_allclose(*(one.theta for one in solutions), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("patience", [None, 3])
def test_a_run_without_an_iteration_has_the_validation_loss_of_its_start(patience):
    network, rows = large()
    run = settings(tol=1e9, patience=patience, penalty=fixed(1.0), preconditioner=None)
    solution = train(network, rows, run, seed=0, validation_rows=rows.sample(np.arange(100)))
    assert (solution.loss_curve, solution.validation_losses) == ((), ())
    assert 0 < solution.best_validation_loss < 10
    assert solution.stop_reason is StopReason.TOL
    assert_refers_to_all_rows(solution, network, rows, is_standardised=False)


def test_stages_on_samples_do_not_end_where_the_gradient_is_small():
    network, rows = large()
    solver = RecordingSolver()
    solution = train(network, rows, settings(solver=solver, tol=1e9, penalty=fixed(1.0)), seed=0)
    assert solution.stop_reason is StopReason.TOL
    assert set(np.diff(solver.starts)) == {SAMPLE_ITERATIONS}
    assert len(solution.loss_curve) == solver.starts[-1] + SAMPLE_ITERATIONS
    assert len(set(solver.sizes)) == 1
    assert_refers_to_all_rows(solution, network, rows, is_standardised=False)


# --- The minimum ---------------------------------------------------------------------------


@pytest.mark.parametrize("convert", CONTAINERS)
@pytest.mark.parametrize("make_output", [SoftmaxOutput, SigmoidOutput])
@pytest.mark.parametrize("solver", SOLVERS)
def test_preconditioners_change_the_path_and_not_the_minimum(solver, make_output, convert, iris):
    X, y = iris
    rows = Rows(convert(X * [0.3, 1, 2, 1] + [0, 1, 0, 3]), y[:, None], np.ones(len(X)))
    network = Network(4, (), [], make_output((3,)))
    layers, curves = [], []
    for preconditioner in PRECONDITIONERS.values():
        run = settings(
            penalty=fixed(1.0),
            solver=SOLVERS[solver],
            preconditioner=preconditioner,
            tol=1e-8,
            max_iter=5000,
        )
        solution = train(network, rows, run, seed=0)
        assert solution.stop_reason == "tol"
        layers += network.layers(solution.theta)
        curves.append(solution.loss_curve)
    for layer in layers:
        np.testing.assert_allclose(layer.coef, layers[-1].coef, rtol=1e-5, atol=1e-5)
        shift = layer.intercept - layers[-1].intercept
        np.testing.assert_allclose(shift, shift.mean(), atol=1e-5)  # a softmax may add a number
    assert len(set(map(tuple, curves))) > 1


@pytest.mark.parametrize("preconditioner", PRECONDITIONERS)
def test_a_second_fit_from_a_minimum_has_nothing_to_do(classifier, preconditioner, iris):
    model = classifier(5, "tanh", alpha=1.0, preconditioner=preconditioner, random_state=0)
    model.set_params(warm_start=True, max_iter=2000, tol=1e-4).fit(*iris)
    n_iter = model.n_iter_
    assert model.fit(*iris).n_iter_ == n_iter


@pytest.mark.parametrize("preconditioner", PRECONDITIONERS)
def test_fits_that_find_the_penalty_settle(classifier, preconditioner, iris):
    model = classifier((), preconditioner=preconditioner, random_state=0, warm_start=True)
    model.set_params(max_iter=2000)
    n_iter = [model.fit(*iris).n_iter_ for _ in range(12)]
    steps = np.diff([0, *n_iter])
    assert steps[-1] < steps[0] / 3
    alpha = model.alpha_
    np.testing.assert_allclose(model.fit(*iris).alpha_, alpha, rtol=0.1)


# --- The automatic penalty ---------------------------------------------------------------


def assert_safe(model, X):
    assert np.isfinite(model.alpha_).all()
    assert (model.alpha_ > 0).all()
    assert np.isfinite([model.loss_, model.gradient_norm_]).all()
    assert all(np.isfinite(part).all() for part in model.coefs_ + model.intercepts_)
    assert np.isfinite(np.hstack(model.predict_proba(X))).all()


HIDDEN = [(), 5, (20, 10, 5)]


def few_rows(rng):
    return rng.normal(size=(6, 3)), np.array([0, 1, 0, 1, 0, 1])


def separable(rng):
    X = rng.normal(size=(100, 2))
    return X + 10 * (X[:, :1] > 0), (X[:, 0] > 0).astype(int)


def constant_features(rng):
    X = rng.normal(size=(100, 6))
    X[:, 1::2] = [0, 7, 0.1]
    return X, rng.integers(3, size=100)


def nothing_but_constants(rng):
    return np.full((50, 3), 0.1), rng.integers(3, size=50)


def more_features_than_rows(rng):
    return rng.normal(size=(30, 300)), rng.integers(3, size=30)


def repeated_features(rng):
    return np.repeat(rng.normal(size=(100, 2)), 5, axis=1), rng.integers(2, size=100)


def far_from_zero(rng):
    return rng.normal(size=(100, 4)) + 1e8, rng.integers(2, size=100)


def of_many_scales(rng):
    return rng.normal(size=(100, 7)) * 10.0 ** np.arange(-9, 10, 3), rng.integers(2, size=100)


DATA = [
    few_rows,
    separable,
    constant_features,
    nothing_but_constants,
    more_features_than_rows,
    repeated_features,
    far_from_zero,
    of_many_scales,
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("convert", CONTAINERS)
@pytest.mark.parametrize("hidden", HIDDEN, ids=str)
@pytest.mark.parametrize("data", DATA)
def test_the_penalty_that_is_found_is_safe_on_difficult_data(classifier, data, hidden, convert):
    X, y = data(np.random.default_rng(0))
    assert_safe(classifier(hidden, random_state=0).fit(convert(X), y), X)
    single = classifier(hidden, random_state=0).fit(convert(X.astype(np.float32)), y)
    assert_safe(single, X.astype(np.float32))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("weight", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize(
    "kind", ["binary", "multiclass", "multilabel-indicator", "multiclass-multioutput"]
)
def test_the_penalty_that_is_found_is_safe_for_every_kind_of_target_and_weight(
    classifier, kind, weight, iris, targets_of_each_kind
):
    X, y = iris[0], targets_of_each_kind[kind]
    for hidden in HIDDEN:
        assert_safe(classifier(hidden, random_state=0).fit(X, y, np.full(150, weight)), X)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("preconditioner", PRECONDITIONERS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_penalty_that_is_found_is_safe_with_every_activation(
    classifier, activation, preconditioner, iris
):
    # Of five units with relu, all but one may die in a run, whatever its penalty.
    model = classifier((20, 10, 5), activation, preconditioner=preconditioner, n_init=3)
    assert_safe(model.set_params(random_state=0).fit(*iris), iris[0])
    assert model.score(*iris) > 0.9


def noise(seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(500, 10)), (rng.random(500) < 0.3).astype(int)


@pytest.mark.parametrize("hidden", HIDDEN, ids=str)
def test_a_model_that_finds_no_structure_in_noise_predicts_the_frequencies_and_says_so(
    classifier, hidden
):
    X, y = noise(3)  # of which the held-out rows do not happen to agree with the others
    with pytest.warns(ConvergenceWarning, match=r"No structure was found.*for 100 held-out rows"):
        model = classifier(hidden, random_state=0).fit(X, y)
    assert model.stop_reason_ == "no_structure"
    assert model.converged_
    np.testing.assert_allclose(model.alpha_, BOUND)
    for features in (X, noise(1)[0]):
        p = model.predict_proba(features)[:, 1]
        assert np.ptp(p) < 1e-3
        assert abs(p.mean() - y.mean()) < 0.03


@pytest.mark.parametrize("penalty", [AutoPenalty, fixed(1.0)])
def test_without_rows_that_were_held_out_structure_is_judged_by_those_of_the_training(penalty):
    network, rows = large()
    start = 10 * np.random.default_rng(0).normal(size=network.n_parameters)
    run = settings(penalty=penalty, tol=1e9)
    solution = train(network, rows, run, seed=0, start=start)
    if penalty is AutoPenalty:
        assert solution.stop_reason is StopReason.NO_STRUCTURE
        assert not solution.verdict.is_held_out
        assert solution.verdict.n_rows == N_LARGE
        loss = network_log_loss(network, rows, start)
        np.testing.assert_allclose(solution.verdict.loss, loss)
        expected = frequencies_loss(network.output, rows, rows)
        np.testing.assert_allclose(solution.verdict.frequencies_loss, expected)
    else:
        assert solution.stop_reason is StopReason.TOL
        assert solution.verdict is None


def test_a_solution_tells_how_uneven_the_features_are():
    network, rows = large()
    rows.X[:, 2] = 50 * rows.X[:, 2] + 1e4
    mean, scale = feature_moments(network.output, rows)
    solution = train(network, rows, settings(max_iter=1), seed=0)
    np.testing.assert_allclose(solution.features.scale_ratio, scale.max() / scale.min())
    np.testing.assert_allclose(solution.features.distance, (np.abs(mean) / scale).max())


@pytest.mark.parametrize("hidden", HIDDEN, ids=str)
@pytest.mark.parametrize("data", ["separable", "iris"])
def test_where_there_is_structure_a_model_finds_it(classifier, hidden, data, iris):
    X, y = iris if data == "iris" else separable(np.random.default_rng(0))
    model = classifier(hidden, "tanh", random_state=0, max_iter=500).fit(X, y)
    assert model.stop_reason_ == "tol"
    assert model.alpha_.max() < 100


@pytest.mark.parametrize(
    "parameters",
    [
        {"hidden_layer_sizes": (), "alpha": 1e9},
        {"hidden_layer_sizes": (5,) * 30, "alpha": 1.0},
        {"hidden_layer_sizes": (5,) * 30, "alpha": 1.0, "early_stopping": True},
        {"hidden_layer_sizes": (5,) * 30},
    ],
    ids=["strong", "deep", "stopped", "auto"],
)
def test_a_fit_that_did_not_learn_its_own_rows_says_so(classifier, parameters, cancer):
    X, y = cancer
    model = classifier(**parameters, random_state=0)
    with pytest.warns(ConvergenceWarning, match="The fit learned nothing.* training rows"):
        model.fit(X, y)
    assert model.stop_reason_ == "no_structure"
    assert max((y == k).mean() for k in (0, 1)) >= model.score(X, y)


def test_a_warm_start_where_nothing_was_learned_begins_anew(classifier, iris):
    X, y = iris
    model = classifier(5, warm_start=True, random_state=0)
    with pytest.warns(ConvergenceWarning, match="structure"):
        model.fit(X, np.random.default_rng(0).permutation(y))
    other = classifier(5, random_state=0)
    for alpha in ("auto", 1.0):
        model.set_params(alpha=alpha).fit(X, y)
        np.testing.assert_array_equal(
            model.predict_proba(X), other.set_params(alpha=alpha).fit(X, y).predict_proba(X)
        )
        with pytest.warns(ConvergenceWarning, match="learned nothing"):
            model.set_params(alpha=1e9, warm_start=False).fit(X, y)
        model.set_params(warm_start=True)


def test_a_fit_without_a_tolerance_ends_when_the_objective_falls_by_less_than_it_says(
    classifier, cancer
):
    model = classifier((8,), random_state=0, max_iter=1000).fit(*cancer)
    assert model.stop_reason_ == "tol"
    assert model.converged_
    last, share = model.loss_curve_[-1], least_fall(len(cancer[0]))

    def fall(end):
        return model.loss_curve_[end - 1 - WINDOW] - model.loss_curve_[end - 1]

    assert 0 <= fall(model.n_iter_) < share * (last + LEAST_LOSS)
    assert fall(model.n_iter_ - 1) >= share * (model.loss_curve_[-2] + LEAST_LOSS)
    further = classifier((8,), random_state=0, max_iter=1000, tol=1e-7)
    with pytest.warns(ConvergenceWarning):
        further.fit(*cancer)
    n_same = model.n_iter_  # until then, the path is the same
    np.testing.assert_array_equal(further.loss_curve_[:n_same], model.loss_curve_)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("hidden", [5, 50, (20, 10, 5)], ids=str)
def test_of_noise_a_network_learns_less_than_with_hardly_any_penalty(
    classifier, hidden, activation
):
    losses = [
        log_loss(noise(1)[1], model.fit(*noise(0)).predict_proba(noise(1)[0]))
        for model in (
            classifier(hidden, activation, random_state=0, alpha=alpha) for alpha in ("auto", 0.1)
        )
    ]
    assert losses[0] < losses[1]
    assert losses[0] < 1.2 * np.log(2)


@pytest.mark.parametrize("hidden", HIDDEN, ids=str)
def test_separable_classes_are_separated(classifier, hidden):
    X, y = separable(np.random.default_rng(0))
    model = classifier(hidden, random_state=0, max_iter=500).fit(X, y)
    assert model.score(X, y) == 1
    assert model.predict_proba(X).max(axis=1).min() > 0.9


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("factor", [1, 10, 1000])
@pytest.mark.parametrize("hidden", [(), 20], ids=str)
def test_the_penalty_is_bounded_after_a_fit_without_one_to_other_labels(
    classifier, hidden, factor, cancer
):
    X, y = cancer
    model = classifier(hidden, alpha=0.0, random_state=0, warm_start=True, max_iter=300).fit(X, y)
    for coef in model.coefs_:
        coef *= factor
    flipped = np.where(np.arange(len(y)) % 20, y, 1 - y)
    model.set_params(alpha="auto").fit(X, flipped)
    assert_safe(model, X)
    assert model.alpha_.max() < 1e7
    assert model.score(X, y) > 0.6


def test_each_layer_has_a_penalty_of_its_own_and_a_given_one_is_kept(classifier, iris):
    model = classifier((6, 4), random_state=0, max_iter=40)  # enough to choose a penalty
    with pytest.warns(ConvergenceWarning):
        found = clone(model).fit(*iris).alpha_
    assert len(found) == len(set(found)) == 3
    with pytest.warns(ConvergenceWarning):
        given = model.set_params(alpha=0.3, tol=0.0).fit(*iris).alpha_
    np.testing.assert_array_equal(given, 0.3)


# --- Interruptions by the measurements themselves --------------------------------------------


class InterruptedRows:
    """Rows whose n-th sum is interrupted."""

    def __init__(self, rows, number):
        self._rows, self._left = rows, number

    def __getattr__(self, name):
        return getattr(self._rows, name)

    def sums(self, *arguments):
        self._left -= 1
        if self._left == 0:
            raise KeyboardInterrupt
        return self._rows.sums(*arguments)


@pytest.mark.parametrize("number", [2, 5])
def test_an_interruption_of_the_validation_loss_leaves_histories_of_equal_length(number):
    network, rows = large()
    held_out = InterruptedRows(rows.sample(np.arange(100)), number)
    run = settings(penalty=fixed(1.0), preconditioner=None)
    solution = train(network, rows, run, seed=0, validation_rows=held_out)
    assert solution.stop_reason is StopReason.INTERRUPTED
    n_iter = number - 2  # the start is measured too
    assert len(solution.loss_curve) == len(solution.gradient_norm_curve) == n_iter
    assert len(solution.validation_losses) == n_iter
    assert_refers_to_all_rows(solution, network, rows, is_standardised=False)


def test_an_interruption_of_the_last_evaluation_keeps_the_weights():
    network, rows = large()

    def end(solution):
        return StopReason.CALLBACK if len(solution.loss_curve) == 3 else None

    class Ending(RecordingSolver):
        """Arranges the next sum after the solver to be interrupted."""

        def run(self, problem, start):
            reason = super().run(problem, start)
            interrupted.append(True)
            return reason

    interrupted = []

    class RowsOfTheEnd(InterruptedRows):
        def where(self, *arguments):
            return self

        def sums(self, *arguments):
            if interrupted:
                interrupted.clear()
                raise KeyboardInterrupt
            return self._rows.sums(*arguments)

    run = settings(penalty=fixed(1.0), preconditioner=None, solver=Ending())
    solution = train(network, RowsOfTheEnd(rows, 0), run, seed=0, observers=[end])
    assert solution.stop_reason is StopReason.INTERRUPTED
    assert len(solution.loss_curve) == 3
    assert_refers_to_all_rows(solution, network, rows, is_standardised=False)
