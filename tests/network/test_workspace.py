import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import scipy.sparse as sp

from skneural._network.workspace import Workspace


def test_arrays_of_a_name_share_memory_until_they_outgrow_it_or_have_another_dtype():
    workspace = Workspace()
    first = workspace.empty("a", (3, 4), np.float64)
    assert first.shape == (3, 4)
    assert first.dtype == np.float64
    assert np.shares_memory(workspace.empty("a", (2, 5), np.float64), first)
    assert not np.shares_memory(workspace.empty("b", (3, 4), np.float64), first)
    assert not np.shares_memory(workspace.empty("a", (3, 5), np.float64), first)
    assert workspace.empty("a", (2, 2), np.float32).dtype == np.float32


@pytest.mark.parametrize("convert", [np.asarray, sp.csr_array])
def test_products_are_those_of_the_operator(convert):
    a, b = np.random.default_rng(0).normal(size=(2, 3, 3))
    np.testing.assert_allclose(Workspace().product("ab", convert(a), b), a @ b, rtol=1e-13)


def test_each_thread_has_arrays_of_its_own():
    workspace = Workspace()
    own = workspace.empty("a", (2,), np.float64)
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(workspace.empty, "a", (2,), np.float64).result()
    assert not np.shares_memory(own, other)
    assert np.shares_memory(workspace.empty("a", (2,), np.float64), own)


def test_a_copy_for_another_process_is_empty():
    workspace = Workspace()
    workspace.empty("a", (1000, 1000), np.float64)
    assert len(pickle.dumps(workspace)) < 1000
