"""A hidden activation whose slope depends on its input, added from outside: GELU.

D. Hendrycks and K. Gimpel, "Gaussian error linear units (GELUs)", 2016,
doi:10.48550/arXiv.1606.08415.
"""

import numpy as np
from scipy.stats import norm

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier
from skneural._network.activations import ACTIVATIONS, Activation
from tests.network.contract import ActivationContract


class Gelu(Activation):
    """``z F(z)``, with the distribution function F of the normal distribution."""

    def apply(self, z):
        kept = z.copy()
        z *= norm.cdf(z)
        return kept

    def slope(self, kept, out=None):
        cdf = norm.cdf(kept).astype(kept.dtype)
        return np.add(cdf, kept * self._density(kept), out=out)

    def multiply_curvature(self, kept, delta):
        delta *= (2 - np.clip(kept, -1e3, 1e3) ** 2) * self._density(kept)

    def _density(self, z):
        return norm.pdf(np.clip(z, -1e3, 1e3)).astype(z.dtype)


class TestGelu(ActivationContract):
    activation = Gelu()


def test_classifiers_accept_it_once_it_is_registered(iris, monkeypatch):
    monkeypatch.setitem(ACTIVATIONS, "gelu", Gelu())
    for classifier in (SoftmaxMLPClassifier, SigmoidMLPClassifier):
        for solver in ("lbfgs", "newton-cg"):
            model = classifier((5,), "gelu", alpha=1.0, solver=solver, max_iter=500, tol=1e-3)
            assert model.set_params(random_state=0).fit(*iris).converged_
            assert model.score(*iris) > 0.95
