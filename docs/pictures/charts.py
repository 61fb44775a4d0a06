"""Charts of output units and of digits as SVG, for pages that show it in the colours of the theme.

The bars are in coordinates of their own, in which the height of a bar is its value. So the scripts
in `docs/_static` move a bar by setting its height.
"""

import json
from pathlib import Path

import numpy as np

WIDTH, HEIGHT = 320, 132  # of a chart
LEFT, TOP, FLOOR = 28, 22, 112  # where the bars begin, and the ends of the vertical axis
STEP, BAR = 29, 19  # from unit to unit, and the width of a bar
AXES = {"activation": (0, 1), "error": (-1, 1)}


def digit(pixels):
    """The image of a digit, in the colour of the text."""
    ink = "".join(
        f'<rect x="{column}" y="{row}" width="1.02" height="1.02" fill-opacity="{value / 16:.2f}"/>'
        for (row, column), value in np.ndenumerate(np.reshape(pixels, (8, 8)))
        if value
    )
    return f'<svg class="sk-digit" viewBox="0 0 8 8" aria-hidden="true">{ink}</svg>'


def title_of(output, shown, values):
    if shown == "error":
        return f"{output}: error p \N{MINUS SIGN} t of each unit"
    return f"{output}: activations sum to {np.sum(values):.2f}"


def signed(value, form="g"):
    """A number as text, with a minus as it is typeset; a rounded zero has none."""
    text = f"{value:z{form}}" if form != "g" else f"{value:g}"
    return text.replace("-", "\N{MINUS SIGN}")


def chart(output, values, labels=(), *, shown="activation", units=range(10)):
    """A bar for each output unit, with a frame around those of the labels."""
    low, high = AXES[shown]
    scale = (FLOOR - TOP) / (high - low)
    step = STEP * 10 / len(units)
    zero = FLOOR + low * scale
    parts = []
    for value in (low, (low + high) / 2, high):
        y = zero - value * scale
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH}" y1="{y:g}" y2="{y:g}"/>')
        parts.append(f'<text class="sk-tick" x="{LEFT - 5}" y="{y + 4:g}">{signed(value)}</text>')
    for place, unit in enumerate(units):
        x = LEFT + (place + 0.5) * step
        parts.append(f'<text x="{x:g}" y="{FLOOR + 15}">{unit}</text>')
    rects = "".join(
        f'<rect x="{LEFT + place * step + (step - BAR) / 2:g}" width="{BAR}" '
        f'y="{min(value, 0):.4f}" height="{abs(value):.4f}"/>'
        for place, value in enumerate(values)
    )
    axis = f"matrix(1 0 0 {-scale:g} 0 {zero:g})"
    parts.append(f'<g class="sk-bars sk-{output}" transform="{axis}">{rects}</g>')
    parts += [
        f'<rect class="sk-frame" x="{LEFT + 1}" y="{TOP - 3}" width="{step - 2:g}" '
        f'height="{FLOOR - TOP + 3}" transform="translate({place * step:g} 0)"/>'
        for place in labels
    ]
    title = title_of(output, shown, values)
    parts.append(f'<text class="sk-title" x="{LEFT}" y="12">{title}</text>')
    spoken = ", ".join(
        f"{unit}: {signed(value, '.2f')}" for unit, value in zip(units, values, strict=True)
    )
    return (
        f'<svg class="sk-chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" data-output="{output}" '
        f'data-shown="{shown}" aria-label="{title}. {spoken}.">{"".join(parts)}</svg>'
    )


def named(number):
    """A digit with its article."""
    return f"{'an' if number == 8 else 'a'} {number}"


def pair(activations, labels=(), **options):
    """Charts of both outputs, beside each other where there is room."""
    charts = (chart(output, values, labels, **options) for output, values in activations.items())
    return "\n".join(charts)


def data(values):
    """Numbers for the script of a figure."""
    text = json.dumps(values, separators=(",", ":"))
    return f'<script type="application/json">{text}</script>'


def write(script, *parts, kind, caption):
    """Write a figure to the HTML file beside the script that makes it."""
    opening = f'<figure class="sk-figure sk-{kind}">'
    lines = [opening, *parts, f"<figcaption>{caption}</figcaption>", "</figure>\n"]
    Path(script).with_suffix(".html").write_text("\n".join(lines))


class Plot:
    """Axes of a picture with lines and dots, in the coordinates of the data."""

    width, height = 320, 190
    left, right, top, floor = 34, 310, 22, 150

    def __init__(self, title, xlabel, xticks, yticks):
        self.title, self.xticks, self.yticks = title, xticks, yticks
        middle = (self.left + self.right) / 2
        self.parts = [
            f'<text class="sk-title" x="{self.left}" y="12">{title}</text>',
            f'<text x="{middle}" y="{self.floor + 33}">{xlabel}</text>',
        ]
        for tick in yticks:
            y = self.y(tick)
            self.parts.append(
                f'<line x1="{self.left}" x2="{self.right}" y1="{y:.1f}" y2="{y:.1f}"/>'
            )
            self.label(self.left - 5, y + 4, signed(tick), "sk-tick")
        for tick in xticks:
            self.label(self.x(tick), self.floor + 15, signed(tick))

    def x(self, values):
        low, high = self.xticks[0], self.xticks[-1]
        return self.left + (np.asarray(values) - low) / (high - low) * (self.right - self.left)

    def y(self, values):
        low, high = self.yticks[0], self.yticks[-1]
        return self.floor - (np.asarray(values) - low) / (high - low) * (self.floor - self.top)

    def label(self, x, y, text, style=""):
        self.parts.append(f'<text class="{style}" x="{x:.1f}" y="{y:.1f}">{text}</text>')

    def line(self, x, y, style):
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(self.x(x), self.y(y), strict=True))
        self.parts.append(f'<polyline class="sk-line sk-{style}" points="{points}"/>')

    def dots(self, x, y, style):
        for a, b in zip(self.x(x), self.y(y), strict=True):
            self.parts.append(f'<circle class="sk-{style}" cx="{a:.1f}" cy="{b:.1f}" r="5"/>')

    def legend(self, x, y, names):
        """Names of lines by their styles, from the point (x, y) of the drawing downwards."""
        for place, (style, name) in enumerate(names.items()):
            below = y + 15 * place
            points = f"{x},{below - 4} {x + 18},{below - 4}"
            self.parts.append(f'<polyline class="sk-line sk-{style}" points="{points}"/>')
            self.label(x + 24, below, name, "sk-start")

    def svg(self, spoken):
        return (
            f'<svg class="sk-plot" viewBox="0 0 {self.width} {self.height}" role="img" '
            f'aria-label="{self.title}. {spoken}">{"".join(self.parts)}</svg>'
        )
