"""What several test modules use."""

import os

# Scikit-learn's conformance suite checks array API input only if this is set before scipy
# is imported.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import signal
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.preprocessing import StandardScaler

from skneural import SigmoidMLPClassifier, SoftmaxMLPClassifier


def pytest_addoption(parser):
    text = "fail if a test is skipped because a package is missing"
    parser.addoption("--no-missing", action="store_true", help=text)


def pytest_sessionfinish(session):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not session.config.getoption("no_missing"):
        return
    reasons = [str(report.longrepr) for report in reporter.stats.get("skipped", [])]
    if any("could not import" in reason for reason in reasons):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True)
def global_seed():
    """Estimators without a ``random_state`` draw from numpy's global generator."""
    np.random.seed(0)  # noqa: NPY002


@pytest.fixture(params=[SoftmaxMLPClassifier, SigmoidMLPClassifier])
def classifier(request):
    """Each of the two classes in turn."""
    return request.param


@pytest.fixture
def network(classifier):
    """A small network of each class in turn; its fits take milliseconds and converge."""
    return classifier(10, "tanh", alpha=1.0, tol=1e-3, max_iter=500, random_state=0)


def _scaled(load):
    X, y = load(return_X_y=True)
    return StandardScaler().fit_transform(X), y


@pytest.fixture(scope="session")
def iris():
    return _scaled(load_iris)


@pytest.fixture(scope="session")
def cancer():
    return _scaled(load_breast_cancer)


@pytest.fixture(scope="session")
def digits():
    return _scaled(load_digits)


@pytest.fixture(scope="session")
def wine():
    return _scaled(load_wine)


@pytest.fixture(scope="session")
def yeast():
    """Genes and their functions: 2417 rows, 103 features, 14 labels of which several are true.

    The data of Elisseeff and Weston, "A kernel method for multi-labelled classification", NIPS
    2001, from a file that river ships. River itself is not imported.
    """
    (river,) = find_spec("river").submodule_search_locations
    table = pd.read_csv(Path(river) / "datasets" / "yeast.csv.gz")
    X = table.filter(like="Att").to_numpy(dtype=np.float64)
    return StandardScaler().fit_transform(X), table.filter(like="Class").to_numpy(dtype=int)


@pytest.fixture(scope="session")
def targets_of_each_kind(iris):
    """The four kinds of target, on the rows of iris, by their scikit-learn names."""
    X, y = iris
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    return {
        "binary": names == "virginica",
        "multiclass": names,
        "multilabel-indicator": np.column_stack([y == 0, y != 1, X[:, 0] > 0]).astype(int),
        "multiclass-multioutput": np.column_stack([names, np.where(X[:, 0] > 0, "long", "short")]),
    }


# Without an address, the scheduler has an HTTP server on a fixed port, on all interfaces.
LOCAL = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0", "threads_per_worker": 1}


def local_cluster():
    """Two processes on this machine, with a thread each."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, processes=True, **LOCAL) as cluster:
        yield cluster


def client_of(cluster):
    with cluster.get_client() as client:
        yield client


# Starting a cluster takes seconds, so all modules share one.
cluster = pytest.fixture(scope="session", name="cluster")(local_cluster)
client = pytest.fixture(scope="module", name="client")(client_of)


@pytest.fixture
def ctrl_c():
    """Interrupts from the keyboard, also where SIGINT is ignored, as in a background job."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield lambda: signal.raise_signal(signal.SIGINT)
    signal.signal(signal.SIGINT, handler)


@pytest.fixture
def assert_is_gradient():
    """Compare a gradient with central differences of its function, entry by entry."""

    def check(function, gradient, x, step=1e-6, rtol=1e-6, atol=1e-7):
        differences = np.empty(x.size)
        for i in range(x.size):
            shift = np.zeros(x.size)
            shift[i] = step
            shift = shift.reshape(x.shape)
            differences[i] = (function(x + shift) - function(x - shift)) / (2 * step)
        np.testing.assert_allclose(gradient, differences.reshape(x.shape), rtol=rtol, atol=atol)

    return check
