import numpy as np
import pytest
from scipy.stats import ortho_group

from skneural._curvature import reparametrization as _reparametrization
from skneural._curvature.factors import Curvature, Factors, diagonal
from skneural._curvature.preconditioner import (
    LARGEST_DIMENSIONS,
    PRECONDITIONERS,
    Preconditioner,
)
from skneural._curvature.reparametrization import Identity, KroneckerReparametrization
from skneural._data.rows import Rows
from skneural._data.threads import shard_map
from skneural._network.activations import ACTIVATIONS
from skneural._network.network import Network, forward
from skneural._network.objective import Objective
from skneural._network.sigmoid import SigmoidOutput
from skneural._network.softmax import SoftmaxOutput
from skneural._training.problem import Problem
from skneural._training.progress import Progress
from tests.curvature.measure import layer_curvature

OUTPUTS = [SoftmaxOutput((3,)), SigmoidOutput((2, 4))]
LARGEST = {"matrices": 100, "diagonals": 0, "mixed": 4}
SMOOTH = [name for name, activation in ACTIVATIONS.items() if activation.smooth]
SCALES = np.array([0.03, 0.3, 1.0, 3.0, 30.0, 100.0])


def make(output, hidden=(5, 4), name="tanh", n=200):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n, 6)) @ (np.eye(6) + 0.5) * SCALES + 10
    codes = np.column_stack([rng.integers(k, size=n) for k in output.coding.n_classes])
    network = Network(6, hidden, [ACTIVATIONS[name]] * len(hidden), output)
    rows = Rows(X, codes, rng.uniform(0.5, 2, n))
    theta = network.initial_weights(np.random.RandomState(0), 10.0, SCALES)
    return network, theta, rows


def reparametrization_at(network, theta, rows, penalty, largest=100):
    factors = layer_curvature(network, theta, rows, map, largest).factors
    return KroneckerReparametrization(network, factors, np.broadcast_to(penalty, len(factors)))


def as_matrix(transformation, n_parameters):
    return np.column_stack([transformation.weights(unit) for unit in np.eye(n_parameters)])


@pytest.mark.parametrize("largest", LARGEST)
@pytest.mark.parametrize("output", OUTPUTS)
def test_a_reparametrization_is_linear_and_their_gradient_is_the_transpose(output, largest):
    network, theta, rows = make(output)
    transformation = reparametrization_at(network, theta, rows, 0.01, LARGEST[largest])
    T = as_matrix(transformation, theta.size)
    u, v = np.random.default_rng(1).normal(size=(2, theta.size))
    np.testing.assert_allclose(transformation.weights(u), T @ u, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(transformation.gradient(v), T.T @ v, rtol=1e-9, atol=1e-10)
    assert np.linalg.matrix_rank(T) == theta.size
    np.testing.assert_array_equal(Identity().weights(u), u)
    np.testing.assert_array_equal(Identity().gradient(u), u)


def test_threads_give_the_same_bits_as_no_threads():
    network, theta, rows = make(OUTPUTS[0])
    factors = layer_curvature(network, theta, rows, map, 100).factors
    plain = KroneckerReparametrization(network, factors, np.ones(3))
    with shard_map(1e12) as map_layers:
        threaded = KroneckerReparametrization(network, factors, np.ones(3), map_layers)
        np.testing.assert_array_equal(threaded.weights(theta), plain.weights(theta))
        np.testing.assert_array_equal(threaded.gradient(theta), plain.gradient(theta))


@pytest.mark.parametrize("largest", LARGEST)
@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("output", OUTPUTS)
def test_derivatives_of_a_problem_by_central_differences(output, name, largest, assert_is_gradient):
    network, theta, rows = make(output, name=name)
    transformation = reparametrization_at(network, theta, rows, 0.01, LARGEST[largest])
    progress = Progress(theta, np.ones(3), tol=0.0)
    problem = Problem(Objective(network, rows, np.ones(3)), transformation, progress, max_iter=1)
    phi, direction = 0.1 * np.random.default_rng(1).normal(size=(2, theta.size))
    assert_is_gradient(lambda x: problem.evaluate(x)[0], problem.evaluate(phi)[1], phi)
    if name in SMOOTH:
        step = 1e-4
        ahead, behind = (problem.evaluate(phi + s * direction)[1] for s in (step, -step))
        differences = (ahead - behind) / (2 * step)
        product = problem.linearize(phi)(direction)
        np.testing.assert_allclose(product, differences, rtol=1e-5, atol=1e-7)


def test_the_origin_is_where_the_solver_starts():
    network, theta, rows = make(OUTPUTS[0])
    objective = Objective(network, rows, np.ones(3))
    progress = Progress(theta, np.ones(3), tol=0.0)
    problem = Problem(objective, reparametrization_at(network, theta, rows, 0.01), progress, 1)
    assert problem.begin() is None
    loss, gradient = objective(theta)
    assert problem.evaluate(np.zeros_like(theta))[0] == loss
    assert progress.gradient_norm == np.abs(gradient).max()  # with respect to the weights


@pytest.mark.parametrize("penalty", [0.0, 1e-3, 10.0])
@pytest.mark.parametrize("diagonal", [False, True])
def test_the_approximate_curvature_is_at_most_one_in_all_directions(diagonal, penalty):
    rng = np.random.default_rng(0)
    network = Network(6, (), [], SigmoidOutput((4,)))
    roots = rng.normal(size=(6, 6)) * SCALES, rng.normal(size=(4, 4)) * [1e-3, 0.1, 1, 1]
    A, G = (root.T @ root for root in roots)
    if diagonal:
        A, G = A.diagonal(), G.diagonal()
    T = as_matrix(
        KroneckerReparametrization(network, [Factors(np.zeros(6), A, G)], np.array([penalty])), 28
    )
    A, G = (np.diag(side) if diagonal else side for side in (A, G))
    curvature = np.zeros((28, 28))
    curvature[:4, :4] = G
    curvature[4:, 4:] = np.kron(A, G) + penalty * np.eye(24)
    eigenvalues = np.linalg.eigvalsh(T.T @ curvature @ T)
    assert eigenvalues.max() <= 1 + 1e-9
    assert eigenvalues.max() > 0.1


def condition(hessian):
    eigenvalues = np.linalg.eigvalsh(hessian)
    eigenvalues = eigenvalues[eigenvalues > 1e-12 * eigenvalues.max()]  # a softmax has a null space
    return eigenvalues.max() / eigenvalues.min()


@pytest.mark.parametrize("largest", LARGEST)
@pytest.mark.parametrize("output", OUTPUTS)
def test_correlated_features_of_many_scales_are_better_conditioned(output, largest):
    network, theta, rows = make(output, hidden=())
    transformation = reparametrization_at(network, theta, rows, 0.0, LARGEST[largest])
    objective = Objective(network, rows, np.zeros(1))
    hessian_product = objective.linearize(theta)
    H = np.column_stack([hessian_product(unit) for unit in np.eye(theta.size)])
    T = as_matrix(transformation, theta.size)
    assert condition(T.T @ H @ T) < condition(H) / 100


def logit_changes(network, rows, X, phi):
    """How the logits on features X change when the weights move by T phi, from 0."""
    factors = layer_curvature(network, 0 * phi, Rows(X, rows.labels, rows.weight), map, 100).factors
    layers = network.layers(KroneckerReparametrization(network, factors, np.zeros(1)).weights(phi))
    return forward(layers, (), X).logits


@pytest.mark.parametrize(
    "transform",
    [
        lambda X: np.add(X, [-50, 0, 3, 1000, 0.1, 7]),
        lambda X: X * 1e3,
        lambda X: X / 1e3,
        lambda X: X * [1, 1, 1, 1, 5, 1000],  # the features above the median
    ],
    ids=["shift", "up", "down", "each"],
)
def test_without_a_penalty_shifts_and_scales_of_the_features_do_not_matter(transform):
    network, theta, rows = make(OUTPUTS[0], hidden=())
    phi = np.random.default_rng(1).normal(size=theta.size)
    changes = logit_changes(network, rows, rows.X, phi)
    same = logit_changes(network, rows, transform(rows.X), phi)
    np.testing.assert_allclose(same, changes, rtol=1e-7, atol=1e-8)


def test_rotations_of_whitened_features_rotate_the_weights():
    network, theta, rows = make(OUTPUTS[0], hidden=())
    centred = rows.X - np.average(rows.X, axis=0, weights=rows.weight)
    covariance = np.cov(rows.X.T, aweights=rows.weight, ddof=0)
    white = centred @ np.linalg.inv(np.linalg.cholesky(covariance)).T
    rotation = ortho_group.rvs(6, random_state=0)
    phi = np.random.default_rng(1).normal(size=theta.size)
    turned = phi.copy()
    network.layers(turned)[0].coef[...] = rotation.T @ network.layers(phi)[0].coef
    changes = logit_changes(network, rows, white, phi)
    same = logit_changes(network, rows, white @ rotation, turned)
    np.testing.assert_allclose(same, changes, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("penalty", [0.0, 1e-6, 1e6])
@pytest.mark.parametrize("sides", [np.atleast_1d, np.diag], ids=["diagonals", "matrices"])
def test_where_there_is_no_curvature_the_reparametrization_is_still_finite(sides, penalty):
    network = Network(3, (), [], SigmoidOutput((4,)))
    for variance in (np.zeros(3), np.array([0.0, 1e-30, 1.0]), np.full(3, 1e-50)):
        for G in (np.zeros(4), np.full(4, 1e-30), np.array([0, 0, 0, 1.0])):
            factors = [Factors(np.ones(3), sides(variance), sides(G))]
            T = as_matrix(KroneckerReparametrization(network, factors, np.array([penalty])), 16)
            assert np.isfinite(T).all()
            assert (np.abs(T).max(axis=0) > 0).all()


def test_constant_features_take_no_part_in_the_weights_of_the_others():
    network, theta, rows = make(OUTPUTS[0])
    X = rows.X.copy()
    X[:, 2] = 5
    constant = Rows(X, rows.labels, rows.weight)
    T = as_matrix(reparametrization_at(network, theta, constant, 0.01), theta.size)
    assert np.isfinite(T).all()
    first = network.layers(np.arange(theta.size))[0].coef
    np.testing.assert_array_equal(T[np.ix_(first[2], np.delete(first, 2, axis=0).ravel())], 0)


def test_matrices_that_are_too_large_are_refused_only_where_they_were_asked_for():
    with pytest.raises(ValueError, match=r"at most 8192 dimensions.*\(8193, 5\).*'auto'"):
        Preconditioner.KRONECKER.check((LARGEST_DIMENSIONS + 1, 5))
    with pytest.raises(ValueError, match="preconditioner='kronecker'"):
        Preconditioner.KRONECKER.check((5, LARGEST_DIMENSIONS + 1, 2))
    Preconditioner.KRONECKER.check((LARGEST_DIMENSIONS, 5))
    for other in (Preconditioner.AUTO, Preconditioner.DIAGONAL):
        other.check((10**6, 5))
        assert other.largest_dimensions(10**9) < LARGEST_DIMENSIONS
    auto = Preconditioner.AUTO.largest_dimensions
    assert auto(10) == auto(100) < auto(1000) < auto(10_000) == auto(10**6)


@pytest.mark.parametrize("preconditioner", [each for each in PRECONDITIONERS.values() if each])
def test_only_the_diagonal_preconditioner_drops_the_rest_of_the_matrices(preconditioner):
    network = Network(3, (), [], SoftmaxOutput((2,)))
    full = [Factors(np.zeros(3), np.eye(3) + 1, np.eye(2) + 0.5)]
    diagonals = [Factors(mean, diagonal(A), diagonal(G)) for mean, A, G in full]
    expected = diagonals if preconditioner is Preconditioner.DIAGONAL else full
    chosen = preconditioner.reparametrization(network, Curvature(full, 1.0), np.ones(1))
    vector = np.arange(1.0, 9.0)
    same = KroneckerReparametrization(network, expected, np.ones(1))
    np.testing.assert_array_equal(chosen.weights(vector), same.weights(vector))


@pytest.mark.parametrize("is_matrix", [True, False])
def test_wide_layers_are_transformed_piece_by_piece_to_the_same(is_matrix, monkeypatch):
    rng = np.random.default_rng(0)
    network = Network(301, (4,), [ACTIVATIONS["tanh"]], SoftmaxOutput((3,)))
    roots = [rng.normal(size=(2 * size, size)) for size in (301, 4, 3)]
    A, G, H = (root.T @ root / len(root) for root in roots)
    factors = [Factors(rng.normal(size=301), A, G), Factors(rng.normal(size=4), G, H)]
    if not is_matrix:
        factors = [Factors(mean, diagonal(A), diagonal(G)) for mean, A, G in factors]
    vector = rng.normal(size=network.n_parameters)
    pieces = KroneckerReparametrization(network, factors, np.ones(2))
    assert len(pieces._pieces) == 5
    results = []
    for work in (0, 1e12):  # without threads, with threads
        with shard_map(work) as map_shards:
            each = KroneckerReparametrization(network, factors, np.ones(2), map_shards)
            results.append([each.weights(vector), each.gradient(vector)])
    np.testing.assert_array_equal(*results)
    monkeypatch.setattr(_reparametrization, "WHOLE_FEATURES", 301)
    whole = KroneckerReparametrization(network, factors, np.ones(2))
    np.testing.assert_allclose(pieces.weights(vector), whole.weights(vector), rtol=1e-11)
    np.testing.assert_allclose(pieces.gradient(vector), whole.gradient(vector), rtol=1e-11)
