import numpy as np
import pytest

from skneural._curvature.penalty import PENALTIES
from skneural._curvature.preconditioner import Preconditioner
from skneural._data.rows import Rows
from skneural._network.activations import ACTIVATIONS
from skneural._network.network import Network, forward
from skneural._network.row_sums import entropy, log_loss
from skneural._network.sigmoid import SigmoidOutput
from skneural._network.softmax import SoftmaxOutput
from skneural._training.formulation import Formulation
from skneural._training.settings import Settings
from skneural._training.solvers import SOLVERS
from skneural._training.verdict import NATS, Judge

SETTINGS = Settings(
    penalty=PENALTIES["auto"],
    solver=SOLVERS["lbfgs"],
    preconditioner=Preconditioner.AUTO,
    tol=None,
    max_iter=10,
    verbose=False,
    patience=None,
)


def draw(n, seed, weight=1.0):
    rng = np.random.default_rng(seed)
    return Rows(rng.normal(size=(n, 3)), rng.integers(2, size=(n, 2)), np.full(n, weight))


@pytest.mark.parametrize("weight", [1.0, 1 / 40])
@pytest.mark.parametrize(("size", "power"), [(0.3, 4), (20.0, 2)])
@pytest.mark.parametrize("make_output", [SoftmaxOutput, SigmoidOutput])
def test_a_penalty_is_corrected_by_the_surprise_of_unseen_rows(make_output, size, power, weight):
    network = Network(3, (4,), [ACTIVATIONS["tanh"]], make_output((2, 2)))
    rows, unseen = draw(40, 0, weight), draw(15, 1, weight)
    per_weight = 1 / weight
    rng = np.random.RandomState(0)
    formulation = Formulation(network, rows, SETTINGS, per_weight, rng, map)
    theta = size * np.random.default_rng(2).normal(size=network.n_parameters)
    if power == 4:  # the labels are those that the network predicts, with too little certainty
        logits = forward(network.layers(theta), network.activations, unseen.X).logits
        unseen = Rows(unseen.X, network.output.decide(logits), unseen.weight)
    curvature = formulation.curvature(theta, rows, is_last=False)
    judged = Judge(network, formulation.size.unit, map).surprise(unseen, theta)
    plain, corrected = (
        formulation.updated_penalty(curvature, theta, rows, unseen, surprise=each)
        for each in (1.0, judged)
    )
    observed, expected = (15 * 2 * f(network, unseen, theta) for f in (log_loss, entropy))
    surprise = (observed + NATS) / (expected + NATS)
    np.testing.assert_allclose(judged, surprise)
    assert (surprise < 1) == (power == 4)
    np.testing.assert_allclose(corrected, plain * surprise**power)
