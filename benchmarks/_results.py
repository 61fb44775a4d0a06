"""What the benchmarks share: the machine described, times, tables, and files of results."""

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

import numpy as np

import skneural

RESULTS = Path(__file__).parent / "results"
REST = 0.2  # seconds
# Okabe and Ito's palette, which the colour-blind can tell apart.
COLORS = {
    "blue": "#0072B2",
    "sky": "#56B4E9",
    "orange": "#E69F00",
    "red": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "black": "#000000",
}


def machine(*others):
    """One line: processor, cores, versions (of `others`, too), commit of skneural, date."""
    names = ["numpy", "scipy", "scikit-learn", "dask", "torch", *others, "skneural"]
    versions = [f"{name} {_version(name)}" for name in names if _version(name)]
    return (
        f"{_processor()}, {os.cpu_count()} cores; Python {platform.python_version()}, "
        f"{', '.join(versions)} ({_commit()}); {datetime.now(UTC):%Y-%m-%d}"
    )


def _version(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _processor():
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor() or platform.machine())


def _commit():
    """The commit of the skneural that is imported, with a plus if its files differ from it."""
    command = ["git", "-C", str(Path(skneural.__file__).parent)]
    try:
        head = subprocess.run(
            [*command, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True
        )
        changed = subprocess.run([*command, "diff", "--quiet", "HEAD", "--", "."], check=False)
    except (OSError, subprocess.CalledProcessError):
        return "no commit"
    return f"commit {head.stdout.strip()}{'+' if changed.returncode else ''}"


def in_a_fresh_process(script, *arguments):
    """The figures that a script prints as JSON, and nothing else, in a process of its own."""
    command = [sys.executable, script, *map(str, arguments)]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(run.stdout)


def table(header, rows):
    """A Markdown table whose columns line up as text, too: the first left, others right."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = []
    for row in (cells[0], rule, *cells[1:]):
        padded = [row[0].ljust(widths[0])]
        padded += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append(f"| {' | '.join(padded)} |")
    return "\n".join(lines)


def slope(sizes, seconds):
    """Of a straight line through the logarithms: the power of the size with which time grows."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def median_times(functions, repeats, *, turns=None):
    """Median seconds of each function over that many calls; they take turns, after a first call.

    By default, a turn is one call. A number of `turns` shares the calls among them, and each turn
    then begins with a rest and a call that is not counted: the threads of BLAS keep a core busy
    for about 0.1 s after the call of another function.
    """
    times = {name: [] for name in functions}
    for function in functions.values():
        function()
    n_turns = turns or repeats
    for _ in range(n_turns):
        for name, function in functions.items():
            if turns:
                sleep(REST)
                function()
            for _ in range(-(-repeats // n_turns)):
                start = perf_counter()
                function()
                times[name].append(perf_counter() - start)
    return {name: median(values) for name, values in times.items()}


def target(name, text, seen, met, form="{:.3f}"):
    """A row of the table of targets: what, what was wanted, what was seen."""
    return name, text, form.format(seen), "yes" if met else "no"


TARGET_HEADER = ["figure", "target", "seen", "met"]


def write(name, markdown, figure=None, raw=None):
    """Save NAME.md among the results, and, if given, NAME.png and the raw figures, NAME.csv."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.md").write_text(markdown)
    if figure is not None:
        figure.savefig(RESULTS / f"{name}.png", dpi=150, bbox_inches="tight")
    if raw is not None:
        raw.to_csv(RESULTS / f"{name}.csv", index=False, float_format="%.6g")
    print(f"\nWritten: {name}.* in {RESULTS}")
