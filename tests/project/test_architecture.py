"""The rooms of the package form a one-way street."""

import ast
import runpy
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

import skneural

# Low to high: a room imports only from rooms above it in this list.
ROOMS = [
    "_typing",
    "activations",
    "_data",
    "_network",
    "_curvature",
    "_training",
    "_inputs",
    "_dask",
    "_estimators",
    "_plotting",
]
SOURCE = Path(skneural.__file__).parent
MODULES = {
    ".".join(("skneural", *path.relative_to(SOURCE).with_suffix("").parts)): path
    for path in SOURCE.rglob("*.py")
}


def room_of(module):
    """The room of a module by its full name; None for the package itself."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] != "__init__" else None


def imports(module):
    """Modules that a module imports, wherever it does, with the names it imports from each."""
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from ((node.module, alias.name) for alias in node.names)


def own_imports(module):
    for source, name in imports(module):
        if source == "skneural" and name in ROOMS:
            yield f"skneural.{name}", None
        elif source.startswith("skneural"):
            yield source, name


def test_every_module_belongs_to_a_room():
    assert {room_of(module) for module in MODULES} == {*ROOMS, None}


@pytest.mark.parametrize("module", [module for module in MODULES if room_of(module)])
def test_a_room_imports_only_from_the_surface_of_rooms_before_it(module):
    room = room_of(module)
    for source, name in own_imports(module):
        if room_of(source) == room:
            continue
        assert room_of(source) in ROOMS[: ROOMS.index(room)]
        assert source == f"skneural.{room_of(source)}", "from the room, not from a module inside"
        if (SOURCE / room_of(source)).is_dir():
            assert name in import_module(source).__all__


@pytest.mark.parametrize("room", [room for room in ROOMS if (SOURCE / room).is_dir()])
def test_modules_of_a_room_do_not_import_each_other_in_a_circle(room):
    graph = {
        module: {
            source if source in MODULES else f"{source}.{name}"
            for source, name in own_imports(module)
            if room_of(source) == room
        }
        for module in MODULES
        if room_of(module) == room
    }
    assert list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("room", [room for room in ROOMS if (SOURCE / room).is_dir()])
def test_a_room_has_a_docstring_and_the_surface_that_others_use(room):
    module = import_module(f"skneural.{room}")
    assert module.__doc__
    used = {
        name
        for other in MODULES
        for source, name in own_imports(other)
        if source == f"skneural.{room}" and room_of(other) != room
    }
    assert used == set(module.__all__)


@pytest.mark.parametrize("module", MODULES)
def test_scikit_learn_is_known_from_the_inputs_on(module):
    known = any(source.split(".")[0] == "sklearn" for source, _ in imports(module))
    assert not known or ROOMS.index(room_of(module)) >= ROOMS.index("_inputs")


@pytest.mark.parametrize("module", MODULES)
def test_only_public_names_of_other_packages_are_imported(module):
    foreign = [
        f"{source}.{name}" for source, name in imports(module) if not source.startswith("skneural")
    ]
    assert not [name for name in foreign if any(part.startswith("_") for part in name.split("."))]


@pytest.mark.parametrize("module", MODULES)
def test_only_its_room_imports_dask(module):
    imported = {source.split(".")[0] for source, _ in imports(module)}
    assert not imported & {"dask", "distributed"} or room_of(module) == "_dask"


def test_the_picture_of_the_rooms_is_drawn_from_this_code():
    pictures = Path(__file__).parents[2] / "docs" / "pictures"
    drawn = runpy.run_path(str(pictures / "architecture.py"))
    assert drawn["ROOMS"] == ROOMS[1:]
    assert drawn["picture"]() == (pictures / "architecture.html").read_text()
