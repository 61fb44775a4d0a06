"""The check of the built site: what it calls a broken link."""

import runpy
from pathlib import Path

CHECK = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "check_site.py"))


def test_links_and_anchors_that_lead_nowhere_are_found(tmp_path):
    good = ["b.html", "b.html#there", "#here", "../a.html?x=1#here", "p%20q.png", "https://x.org/y"]
    bad = ["c.html", "b.html#away", "#away", "../b.html", "r.png"]
    links = "".join(f'<a href="{link}">x</a>' for link in [*good, *bad[:-1]])
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "page.html").write_text(f'<p id="here">{links}<img src="r.png">')
    (folder / "b.html").write_text('<p id="there">')
    (folder / "p q.png").touch()
    (tmp_path / "a.html").write_text('<p id="here">')
    found = list(CHECK["broken_links"](tmp_path))
    assert found == [("folder/page.html", link) for link in sorted(bad)]
