import warnings
from functools import partial

import pytest

from skneural._inputs.warn import warn


def in_module(name, function):
    """A function of a module that calls another function."""
    namespace = {"__name__": name, "function": function}
    exec(compile("def call():\n    function()", f"{name}.py", "exec"), namespace)
    return namespace["call"]


@pytest.mark.parametrize(
    "frames",
    [
        ["skneural._estimators.base"],
        ["skneural._inputs", "skneural._estimators.base"],
        ["skneural._estimators.base", "sklearn.callback._support", "skneural._estimators.base"],
    ],
)
def test_a_warning_points_at_the_line_that_called_the_package(frames):
    function = partial(warn, "careful", FutureWarning)
    for name in frames:
        function = in_module(name, function)
    with pytest.warns(FutureWarning, match="careful") as caught:
        function()
    assert caught[0].filename == __file__


def test_modules_with_similar_names_are_callers():
    function = in_module("sklearn.pipeline", in_module("skneural._inputs", lambda: None))
    caller = in_module("skneural_extras", in_module("skneural._inputs", partial(warn, "careful")))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        function()
    with pytest.warns(UserWarning, match="careful") as caught:
        caller()
    assert caught[0].filename == "skneural_extras.py"
