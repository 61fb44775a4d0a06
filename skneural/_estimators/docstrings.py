"""Class docstrings that share sections with the docstring of a base class."""

import inspect
import re
from typing import TypeVar

_HEADING = re.compile(r"^(\w[\w ]*)\n-{3,}\n", re.MULTILINE)
_ITEM = re.compile(r"^(?=\S)", re.MULTILINE)
_LISTS = "Parameters", "Attributes"
_ORDER = "", "Parameters", "Attributes", "See Also", "Notes", "References", "Examples"

Class = TypeVar("Class", bound=type)


def inherit_docstring(cls: Class) -> Class:
    """Add the sections and items of the base class's docstring to a class's own numpydoc docstring.

    In each section, the base class's text follows the class's own. In lists of parameters and
    attributes, the class's own items replace those of the same name, and its new ones come last.
    """
    own, base = cls.__doc__, cls.__mro__[1].__doc__
    if own is None or base is None:  # python -OO
        return cls
    ours, theirs = _sections(own), _sections(base)
    parts = []
    for name in _ORDER:
        mine, shared = ours.get(name, ""), theirs.get(name, "") if name else ""
        if name in _LISTS:
            text = "".join((_items(shared) | _items(mine)).values())
        else:
            text = "\n".join(filter(None, (mine, shared)))
        if text:
            parts.append(f"{name}\n{'-' * len(name)}\n{text}" if name else text)
    cls.__doc__ = "\n".join(parts)
    return cls


def _sections(docstring: str) -> dict[str, str]:
    """The text of each section by its heading; the heading of the first is empty."""
    first, *rest = _HEADING.split(inspect.cleandoc(docstring) + "\n")
    texts = {"": first} | dict(zip(rest[::2], rest[1::2], strict=True))
    return {name: text.strip("\n") + "\n" for name, text in texts.items()}


def _items(text: str) -> dict[str, str]:
    """The items of a list by their names."""
    items = [item for item in _ITEM.split(text) if item.strip()]
    return {item.partition(" : ")[0]: item for item in items}
