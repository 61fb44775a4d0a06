"""Panels of the threshold display, with one label in each."""

from typing import Any

import numpy as np

from skneural._plotting.drawing import BLUE, GREEN, VERMILION, label_text, size_in_points

_STYLES: list[dict[str, Any]] = [
    {"label": "precision", "color": BLUE},
    {"label": "recall", "color": VERMILION, "linestyle": "--"},
    {"label": "F1", "color": GREEN, "linewidth": 2.5},
]


def panel_grid(plt: Any, n_panels: int) -> Any:
    """Make a new figure of panels that share their axes, and return the panels."""
    if n_panels == 1:
        return np.array([plt.subplots(layout="constrained")[1]])
    n_columns = int(np.ceil(np.sqrt(n_panels)))
    n_rows = -(-n_panels // n_columns)
    _, axes = plt.subplots(
        n_rows,
        n_columns,
        sharex=True,
        sharey=True,
        squeeze=False,
        figsize=(max(2.1 * n_columns, 6), 1.9 * n_rows + 0.6),
        layout="constrained",
    )
    panels = axes.ravel()
    for panel in panels[n_panels:]:
        panel.remove()
    panels[0].set_xticks([0, 0.5, 1])
    for panel in panels[max(n_panels - n_columns, 0) : n_panels]:
        panel.tick_params(labelbottom=True)
    return panels[:n_panels]


def draw_curves(ax: Any, thresholds: Any, scores: Any, kwargs: dict[str, Any]) -> list[Any]:
    """Draw precision, recall and F1 as steps, and return their lines."""
    from matplotlib import cbook, lines

    kwargs = cbook.normalize_kwargs(kwargs, lines.Line2D)
    ax.set(xlim=(0, 1), ylim=(-0.03, 1.03))
    return [
        ax.plot(thresholds, values, **{"drawstyle": "steps-post"} | style | kwargs)[0]
        for values, style in zip(scores, _STYLES, strict=True)
    ]


def draw_thresholds(axes: Any, thresholds: Any) -> list[Any]:
    """Draw the threshold in use in each panel; the legend gives its value if all are equal."""
    are_equal = len(set(thresholds)) == 1
    label = f"threshold {thresholds[0]:.3g}" if are_equal else "threshold in use"
    return [
        ax.axvline(threshold, color="0.4", ls=":", label=label)
        for ax, threshold in zip(axes, thresholds, strict=True)
    ]


def write_titles(axes: Any, names: Any, f1: Any) -> None:
    """Write the name of each label above its panel, and whether it is never present."""
    n_letters = int(size_in_points(axes[0])[0] / 6.2)
    for ax, name, values in zip(axes, names, f1, strict=True):
        suffix = "" if np.isfinite(values).any() else " (never present)"
        title = label_text(name, max(n_letters - len(suffix), 5)) + suffix
        ax.set_title(title, fontsize="medium")


def describe_axes(axes: Any, handles: list[Any], *, in_grid: bool) -> None:
    """Name the axes and draw a legend: once for a grid, else in the panels."""
    if in_grid:
        figure = axes[0].figure
        figure.supxlabel("threshold", fontsize="medium")
        figure.supylabel("score", fontsize="medium")
        figure.legend(handles=handles, loc="outside upper center", ncols=len(handles))
    else:
        for ax in axes:
            ax.set(xlabel="threshold", ylabel="score")
        axes[0].legend(handles=handles, loc="best", fontsize="small")
