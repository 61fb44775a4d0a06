"""What users see is documented: completely, truly, and in the form that numpydoc validates."""

import ast
import inspect
import re
import tomllib
from pathlib import Path

import pytest
from numpydoc.docscrape import get_doc_object
from numpydoc.validate import get_validation_checks, validate

import skneural

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
VALIDATION = PROJECT["tool"]["numpydoc_validation"]

# What the docstrings of the two classifiers tell of one of them only.
OF_ONE_OUTPUT = {
    "Parameters": {"hidden_layer_sizes", "label_smoothing", "threshold"},
    "Attributes": {"out_activation_"},
}


def own_methods(thing):
    """Public methods and properties that this package defines, not scikit-learn."""
    for name in dir(thing) if inspect.isclass(thing) else ():
        member = inspect.getattr_static(thing, name)
        function = getattr(member, "__func__", None) or getattr(member, "fget", None) or member
        if not name.startswith("_") and function.__module__.split(".")[0] == "skneural":
            yield name, function


def public():
    """Classes and functions by their public names, and those of their methods."""
    for module in (skneural, skneural.activations):
        for name in module.__all__:
            thing = getattr(module, name)
            if not inspect.ismodule(thing):
                full_name = f"{module.__name__}.{name}"
                yield full_name, thing
                for method, function in own_methods(thing):
                    yield f"{full_name}.{method}", function


PUBLIC = dict(public())
METHODS = {name for name, thing in PUBLIC.items() if "." in thing.__qualname__}
CALLED = [name for name, thing in PUBLIC.items() if not inspect.isclass(thing)]
COMPUTES = [name for name in PUBLIC if name not in METHODS and not name.endswith("Display")]


@pytest.mark.parametrize("name", PUBLIC)
def test_numpydoc_has_nothing_to_say(name):
    checks = get_validation_checks(set(VALIDATION["checks"]))
    if name not in METHODS:
        checks |= {"EX01", "SA01"}  # examples, and what to see also
    assert not [error for error in validate(name)["errors"] if error[0] in checks]


@pytest.mark.parametrize("name", PUBLIC)
def test_the_hook_reads_where_it_is_defined(name):
    thing = PUBLIC[name]
    name_there = f"{thing.__module__.split('.')[-1]}.{thing.__qualname__}"
    assert not [one for one in VALIDATION["exclude"] if re.search(one, name_there)]


@pytest.mark.parametrize("name", PUBLIC)
def test_every_parameter_is_described_with_its_default(name):
    documented = get_doc_object(PUBLIC[name])["Parameters"]
    assert all("".join(one.desc) for one in documented)
    types = {part: one.type for one in documented for part in one.name.split(", ")}
    for parameter in inspect.signature(PUBLIC[name]).parameters.values():
        if parameter.default is not inspect.Parameter.empty:
            stated = types[parameter.name].partition("default=")[2]
            assert ast.literal_eval(stated) == parameter.default


@pytest.mark.parametrize("name", PUBLIC)
def test_every_array_has_a_shape(name):
    documentation = get_doc_object(PUBLIC[name])
    for section in ("Parameters", "Attributes", "Returns"):
        for one in documentation[section]:
            text = " ".join([one.type, *one.desc])
            assert "array" not in one.type or re.search(r"shape|dimension|\(n_", text), one.name


@pytest.mark.parametrize("name", CALLED)
def test_errors_are_documented(name):
    errors = get_doc_object(PUBLIC[name])["Raises"]
    assert errors
    assert all("".join(one.desc) for one in errors)


@pytest.mark.parametrize("name", COMPUTES)
def test_what_is_computed_has_its_source(name):
    assert "doi.org" in "".join(get_doc_object(PUBLIC[name])["References"])


def test_the_two_classifiers_say_the_same_of_what_they_share():
    softmax, sigmoid = map(
        get_doc_object, (skneural.SoftmaxMLPClassifier, skneural.SigmoidMLPClassifier)
    )
    assert softmax["Notes"] == sigmoid["Notes"]
    for section, of_one in OF_ONE_OUTPUT.items():
        ours, theirs = ({one.name: one for one in each[section]} for each in (softmax, sigmoid))
        assert {name for name in ours | theirs if ours.get(name) != theirs.get(name)} == of_one
