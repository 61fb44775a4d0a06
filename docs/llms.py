"""Write `llms.txt`, the list of all pages for language models (https://llmstxt.org)."""

from docutils import nodes


def descendants(env, page):
    """The page and all below it, in the order of the tables of contents."""
    yield page
    for child in env.toctree_includes.get(page, ()):
        yield from descendants(env, child)


def description(env, page):
    """What search engines are given, or else the first paragraph of the text."""
    doctree = env.get_doctree(page)
    for meta in doctree.findall(nodes.meta):
        if meta.get("name") == "description":
            return meta["content"]
    for paragraph in doctree.findall(nodes.paragraph):
        if not isinstance(paragraph.parent, nodes.Admonition):  # the gallery's link to the download
            return " ".join(paragraph.astext().split())
    return ""


def write(app, exception):
    """List the pages under the titles of the sections of the site."""
    if exception or app.builder.name != "html":
        return
    env, base = app.env, app.config.html_baseurl
    lines = [f"# {app.config.project}", "", f"> {description(env, 'index')}"]
    for section in env.toctree_includes["index"]:
        lines += ["", f"## {env.titles[section].astext()}", ""]
        for page in descendants(env, section):
            link = f"[{env.titles[page].astext()}]({base}{app.builder.get_target_uri(page)})"
            lines.append(f"- {link}: {description(env, page)}")
    (app.outdir / "llms.txt").write_text("\n".join(lines) + "\n")


def setup(app):
    """Write the file at the end of a build."""
    app.connect("build-finished", write)
    return {"parallel_read_safe": True}
