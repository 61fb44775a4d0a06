"""Descriptions of pages: for search engines, links from elsewhere, and language models.

A page of Markdown has its description in ``html_meta`` at the top; for pages of the API and the
gallery, it is the first paragraph. `llms.txt` (https://llmstxt.org) lists all pages with theirs.
"""

from docutils import nodes


def describe(app, doctree):
    """Keep the description of a page as metadata, and give it to those pages that have none."""
    metadata = app.env.metadata[app.env.docname]
    for meta in doctree.findall(nodes.meta):
        if meta.get("name") == "description":
            metadata["og:description"] = meta["content"]
            return
    for paragraph in doctree.findall(nodes.paragraph):
        if not isinstance(paragraph.parent, nodes.Admonition):  # the gallery's link to the download
            text = " ".join(paragraph.astext().split())
            metadata["og:description"] = text
            doctree.insert(0, nodes.meta(name="description", content=text))
            return


def descendants(env, page):
    """The page and all below it, in the order of the tables of contents."""
    yield page
    for child in env.toctree_includes.get(page, ()):
        yield from descendants(env, child)


def write(app, exception):
    """List the pages under the titles of the sections of the site."""
    if exception or app.builder.name != "html":
        return
    env, base = app.env, app.config.html_baseurl
    lines = [f"# {app.config.project}", "", f"> {env.metadata['index']['og:description']}"]
    for section in env.toctree_includes["index"]:
        lines += ["", f"## {env.titles[section].astext()}", ""]
        for page in descendants(env, section):
            link = f"[{env.titles[page].astext()}]({base}{app.builder.get_target_uri(page)})"
            lines.append(f"- {link}: {env.metadata[page].get('og:description', '')}")
    (app.outdir / "llms.txt").write_text("\n".join(lines) + "\n")


def setup(app):
    """Describe pages when they are read, and list them at the end of a build."""
    app.connect("doctree-read", describe)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True}
