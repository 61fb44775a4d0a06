"""What the displays share in how they draw."""

from typing import Any

BLUE, VERMILION, GREEN = "#0072B2", "#D55E00", "#009E73"
"""Colours that colour-blind readers can tell apart (Okabe and Ito, Color Universal Design)."""


def pyplot(display: Any) -> Any:
    """`matplotlib.pyplot`, which is optional and imported for a picture only."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f"{type(display).__name__}.plot draws with matplotlib, which is not installed: "
            'pip install "skneural[plot]"'
        ) from error
    return plt


def in_picture(name: Any, width: int = 24) -> str:
    """A name as it is written into a picture: of one line, not too long, and no formula."""
    text = " ".join(str(name).split())
    if len(text) > width:
        n_last = width // 2
        text = f"{text[: width - n_last - 1]}…{text[-n_last:]}"
    return text.replace("$", r"\$")


def size_in_points(ax: Any) -> tuple[float, float]:
    """Width and height of an axes, once all that is drawn so far has its place."""
    figure = ax.figure.canvas.figure  # also where `ax` is in a subfigure
    figure.draw_without_rendering()
    box = ax.get_window_extent()
    return box.width * 72 / figure.dpi, box.height * 72 / figure.dpi


def with_limits(kwargs: dict[str, Any], low: float, high: float) -> dict[str, Any]:
    """Arguments of `imshow`, with limits of the colours unless they have their own."""
    return kwargs if "norm" in kwargs else {"vmin": low, "vmax": high} | kwargs


def one_axes(ax: Any, display: Any) -> Any:
    """`ax`, if it is a single axes."""
    if not hasattr(ax, "plot") or not hasattr(ax, "figure"):
        raise TypeError(
            f"ax of {type(display).__name__}.plot must be a matplotlib Axes or None; "
            f"got {type(ax).__name__}."
        )
    return ax
