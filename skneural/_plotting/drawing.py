"""Drawing helpers shared by the displays."""

from typing import Any

BLUE, VERMILION, GREEN = "#0072B2", "#D55E00", "#009E73"
"""Colours that colour-blind readers can distinguish (Okabe and Ito, Color Universal Design)."""


def pyplot(display: Any) -> Any:
    """Import `matplotlib.pyplot`, which is optional and therefore imported only to draw."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f"{type(display).__name__}.plot requires matplotlib, which is not installed. "
            'Install it with: pip install "skneural[plot]"'
        ) from error
    return plt


def label_text(name: Any, width: int = 24) -> str:
    """Format a name for a picture: on one line, shortened to `width`, with `$` escaped."""
    text = " ".join(str(name).split())
    if len(text) > width:
        n_last = width // 2
        text = f"{text[: width - n_last - 1]}…{text[-n_last:]}"
    return text.replace("$", r"\$")


def size_in_points(ax: Any) -> tuple[float, float]:
    """Lay out the figure, and return the width and height of `ax`."""
    figure = ax.figure.canvas.figure  # the whole figure, even if `ax` is in a subfigure
    figure.draw_without_rendering()
    box = ax.get_window_extent()
    return box.width * 72 / figure.dpi, box.height * 72 / figure.dpi


def with_limits(kwargs: dict[str, Any], low: float, high: float) -> dict[str, Any]:
    """Add colour limits to the arguments of `imshow`, unless they are given."""
    return kwargs if "norm" in kwargs else {"vmin": low, "vmax": high} | kwargs


def check_axes(ax: Any, display: Any) -> Any:
    """Return `ax`, or raise an error if it is not a single Axes."""
    if not hasattr(ax, "plot") or not hasattr(ax, "figure"):
        raise TypeError(
            f"ax of {type(display).__name__}.plot must be a matplotlib Axes or None; "
            f"got {type(ax).__name__}."
        )
    return ax
