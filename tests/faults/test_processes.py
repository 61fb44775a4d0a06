"""Processes that begin in mid-fit, signals at any time, and too little memory or disk."""

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading

import joblib
import numpy as np
import pytest
from joblib import parallel_config
from joblib.externals.loky import get_reusable_executor

from skneural import SoftmaxMLPClassifier
from tests.estimators.helpers import same_fit

TIMEOUT = 120  # seconds until a process that hangs fails
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")


def large_data():
    """Enough for row threads."""
    X = np.random.default_rng(0).normal(size=(4000, 30))
    return X, (X[:, 0] > 0) + (X[:, 1] > 1).astype(int)


def network(**parameters):
    return SoftmaxMLPClassifier(50, "tanh", alpha=1.0, tol=0.02, random_state=0, **parameters)


def fit(_=None):
    return network().fit(*large_data())


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_processes_that_begin_in_mid_fit_have_the_same_bits(method):
    expected = fit()
    stop = threading.Event()

    def fit_until_stopped():
        while not stop.is_set():
            fit()

    thread = threading.Thread(target=fit_until_stopped)
    thread.start()
    try:
        with multiprocessing.get_context(method).Pool(1) as pool:
            fits = pool.map_async(fit, range(2)).get(TIMEOUT)
    finally:
        stop.set()
        thread.join()
    assert all(same_fit(model, expected) for model in fits)


# --- Signals ------------------------------------------------------------------------------------

FIT = """
import signal, sys, warnings
import numpy as np
from skneural import SoftmaxMLPClassifier
signal.signal(signal.SIGINT, signal.default_int_handler)
X = np.random.default_rng(0).normal(size=(4000, 30))
y = (X[:, 0] > 0) + (X[:, 1] > 1).astype(int)
model = SoftmaxMLPClassifier(50, "tanh", alpha=1.0, tol=1.0, random_state=0).fit(X, y)
p = model.predict_proba(X)
model.set_params(tol=0.0, max_iter=10**6)
warnings.simplefilter("ignore")
"""

INTERRUPTED = """
print("begun", flush=True)
try:
    model.fit(X, y)
    raise AssertionError("the fit was not interrupted")
except KeyboardInterrupt:
    if model.stop_reason_ == "interrupted":
        assert len(model.loss_curve_) == model.n_iter_
    else:
        assert (model.predict_proba(X) == p).all()
assert np.isfinite(model.predict_proba(X)).all()
"""


def start(code):
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@posix
@pytest.mark.parametrize("seed", range(2))
def test_ctrl_c_at_any_time_keeps_the_last_iterate_or_the_earlier_fit(seed):
    process = start(FIT + INTERRUPTED)
    assert process.stdout.readline() == "begun\n"
    delay = np.random.default_rng(seed).exponential(0.2)
    threading.Timer(delay, process.send_signal, [signal.SIGINT]).start()
    _, errors = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, errors


IGNORED = """
def handle(number, frame):
    seen.append(number)
seen = []
signal.signal(signal.SIGALRM, handle)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
model.set_params(tol=0.02, max_iter=1000)
alone = model.fit(X, y).coefs_[0]
signal.setitimer(signal.ITIMER_REAL, 0)
assert seen
assert (model.fit(X, y).coefs_[0] == alone).all()
"""


@posix
def test_signals_that_are_handled_change_no_bit():
    process = start(FIT + IGNORED)
    _, errors = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, errors


@posix
def test_a_system_without_fork_fits_as_well():
    code = "import os; del os.fork, os.register_at_fork" + FIT + "assert np.isfinite(p).all()"
    process = start(code)
    _, errors = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, errors


# --- Memory and disk ----------------------------------------------------------------------------

TOO_LARGE = """
import resource
with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**28, -1))
try:
    model.set_params(hidden_layer_sizes=(3000, 3000)).fit(X, y)
except MemoryError:
    pass
else:
    raise AssertionError("there was enough memory")
assert (model.predict_proba(X) == p).all()
model.set_params(hidden_layer_sizes=(50,), tol=1.0).fit(X, y)
assert (model.predict_proba(X) == p).all()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_too_little_memory_is_an_error_and_the_earlier_fit_stays():
    process = start(FIT + TOO_LARGE)
    _, errors = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 0, errors


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full")
def test_a_full_disk_is_an_error_of_saving_and_leaves_the_model(iris):
    model = network().fit(*iris)
    before = model.predict_proba(iris[0])
    with pytest.raises(OSError, match="No space left"), open("/dev/full", "wb") as file:
        joblib.dump(model, file)
    np.testing.assert_array_equal(model.predict_proba(iris[0]), before)


def test_a_full_folder_for_shared_data_is_an_error_and_the_earlier_fit_stays(tmp_path):
    # Joblib writes large data to its folder. This one can hold nothing, as it is a file. Workers
    # of earlier tests would keep their folder.
    get_reusable_executor().shutdown(wait=True)
    folder = tmp_path / "file"
    folder.touch()
    X, y = large_data()
    X, y = np.tile(X, (2, 1)), np.tile(y, 2)  # more than a megabyte
    model = network().fit(X, y)
    before = dict(vars(model))
    with (
        parallel_config("loky", n_jobs=2, temp_folder=str(folder)),
        pytest.raises((OSError, pickle.PicklingError)),
    ):
        model.set_params(n_init=2).fit(X, y)
    assert vars(model) == before | {"n_init": 2}
