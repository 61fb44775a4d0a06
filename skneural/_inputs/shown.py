"""Values in error messages."""

from typing import Any

_LONGEST = 200


def shown(value: Any) -> str:
    """The representation of a value, with its middle left out if it is long."""
    text = repr(value)
    if len(text) <= _LONGEST:
        return text
    return f"{text[: _LONGEST // 2]} ... {text[-_LONGEST // 2 :]}"
