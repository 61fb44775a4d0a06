"""Write `architecture.html`, the picture of the page on the architecture: rooms and imports.

Run it after a change of the imports: ``python docs/pictures/architecture.py``. Rooms, their first
sentences and the arrows are read from the code. It is SVG within HTML, so that text has the font
and the colour of the page, in light and in dark mode.
"""

import ast
from pathlib import Path
from textwrap import wrap

import skneural

SOURCE = Path(skneural.__file__).parent
ROOMS = [  # low to high
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
BOX, WIDTH = 330, 480  # of a room, and of the picture
HEIGHT, GAP, LINE = 62, 14, 15


def files(room):
    """The modules of a room."""
    return sorted((SOURCE / room).glob("*.py")) or [SOURCE / f"{room}.py"]


def sentence(room):
    """The first paragraph of a room's docstring."""
    surface = SOURCE / room / "__init__.py"
    tree = ast.parse((surface if surface.exists() else SOURCE / f"{room}.py").read_text())
    return ast.get_docstring(tree).split("\n\n")[0].replace("\n", " ")


def imported(room):
    """The rooms from which a room imports."""
    nodes = [node for path in files(room) for node in ast.walk(ast.parse(path.read_text()))]
    modules = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    found = {module.split(".")[1] for module in modules if module.startswith("skneural.")}
    return [other for other in ROOMS if other in found - {room}]


def box(number, room):
    """A room with its name and its sentence."""
    y = number * (HEIGHT + GAP) + 1
    parts = [f'<rect x="1" y="{y}" width="{BOX}" height="{HEIGHT}" rx="6"/>']
    parts.append(f'<text class="sk-name" x="12" y="{y + 19}">{room}</text>')
    lines = wrap(sentence(room), 46)
    assert len(lines) <= 2, f"the sentence of {room} is too long for its box"
    for i, line in enumerate(lines):
        parts.append(f'<text x="12" y="{y + 37 + LINE * i}">{line}</text>')
    return "".join(parts)


def arrow(number, other):
    """An arc on the right, from a room up to one from which it imports."""
    start = number * (HEIGHT + GAP) + HEIGHT / 2 - 8
    end = other * (HEIGHT + GAP) + HEIGHT / 2 + 8
    bend = BOX + 4 + 17 * (number - other)
    path = f"M {BOX + 2} {start} C {bend} {start}, {bend} {end}, {BOX + 6} {end}"
    return f'<path d="{path}"/><path d="M {BOX + 13} {end - 4} l -8 4 l 8 4"/>'


def picture():
    """All rooms from low to high, with an arrow for every room that imports from another."""
    numbers = {room: number for number, room in enumerate(ROOMS)}
    boxes = [box(number, room) for room, number in numbers.items()]
    arrows, spoken = [], []
    for room, number in numbers.items():
        others = imported(room)
        assert all(numbers[other] < number for other in others)
        arrows += [arrow(number, numbers[other]) for other in others]
        spoken.append(f"{room} imports from {', '.join(others) or 'no other room'}")
    height = len(ROOMS) * (HEIGHT + GAP)
    return (
        f'<svg class="sk-rooms" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{"; ".join(spoken)}.">\n' + "\n".join([*boxes, *arrows]) + "\n</svg>\n"
    )


if __name__ == "__main__":
    Path(__file__).with_suffix(".html").write_text(picture())
