"""Check the site that Sphinx has built: its links, its accessibility, and a printed page.

Links within the site and their anchors are looked up in its files. The rules of axe-core run on
the main pages in a headless Chromium, wide and narrow, light and dark. Nothing is fetched from
elsewhere.
"""

import json
import re
import shutil
import subprocess
import sys
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from queue import Queue
from tempfile import TemporaryDirectory
from threading import Thread
from urllib.parse import unquote, urljoin, urlsplit

SITE = Path(__file__).parent / "build" / "html"
MAIN_PAGES = [
    "index",
    "getting_started",
    "sigmoid_or_softmax",
    "api",
    "benchmarks",
    "cheat_sheet",
    "peers",
    "search",
    "user_guide/index",
    "user_guide/outputs",
    "user_guide/tables",
    "auto_examples/index",
    "auto_examples/tables/plot_mixed_columns",
    "generated/skneural.SoftmaxMLPClassifier",
]
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
SECONDS = 600  # for all pages; a minute is enough on an idle machine

# Shows each page in a frame, runs axe there, and posts what it finds: page, width, theme, rule,
# element and what to do. Left out are double ids, which WCAG 2.2 allows and sphinx-gallery writes.
DRIVER = """<!doctype html><meta charset="utf-8"><title>Check</title><body><script>
const options = { resultTypes: ["violations"], rules: { "duplicate-id": { enabled: false } } };
const loaded = (element, parent) => new Promise((resolve, reject) => {
  element.onload = resolve;
  element.onerror = reject;
  parent.append(element);
});
const check = async (page, width) => {
  const frame = document.createElement("iframe");
  frame.style.cssText = `width: ${width}px; height: 900px`;
  frame.src = `/${page}.html`;
  await loaded(frame, document.body);
  const inner = frame.contentDocument;
  const script = inner.createElement("script");
  script.src = "/axe.min.js";
  await loaded(script, inner.head);
  inner.head.insertAdjacentHTML("beforeend", "<style>* { transition: none !important }</style>");
  const found = [];
  for (const theme of ["light", "dark"]) {
    inner.documentElement.dataset.theme = theme;
    const { violations } = await frame.contentWindow.axe.run(inner, options);
    for (const { id, nodes } of violations)
      for (const { html, failureSummary } of nodes)
        found.push([page, width, theme, id, html.slice(0, 200), failureSummary]);
  }
  frame.remove();
  return found;
};
onload = async () => {
  const found = [];
  try {
    for (const page of PAGES)
      for (const width of [1400, 390]) found.push(...await check(page, width));
  } catch (error) {
    found.push([`the check failed: ${error.message ?? error.type}`]);
  }
  fetch("/", { method: "POST", body: JSON.stringify(found) });
};
</script>"""


class Page(HTMLParser):
    """The anchors of a page, and its links to places of the site."""

    def __init__(self, path):
        super().__init__()
        self.anchors, self.links = {""}, set()
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors.add(attributes.get("id"))
        for url in (attributes.get("href"), attributes.get("src")):
            if url and not urlsplit(url).scheme and not urlsplit(url).netloc:
                self.links.add(url)


def broken_links(site):
    """Pairs of a page and a link on it that leads nowhere."""
    files = [path for path in site.rglob("*.html") if "_static" not in path.parts]
    pages = {path.relative_to(site).as_posix(): Page(path) for path in files}
    for name, page in sorted(pages.items()):
        for link in sorted(page.links):
            url = urlsplit(urljoin(f"/{name}", link))
            target = unquote(url.path).lstrip("/")
            there = (site / target).is_file()
            if there and target in pages:
                there = unquote(url.fragment) in pages[target].anchors
            if not there:
                yield name, link


class Handler(SimpleHTTPRequestHandler):
    """Serves the site, the driver and axe, and takes what the driver finds."""

    def __init__(self, *arguments, found, **options):
        self.found = found
        axe = (resources.files("axe_core_python") / "axe.min.js").read_bytes()
        driver = DRIVER.replace("PAGES", json.dumps(MAIN_PAGES)).encode()
        self.extra = {"/driver.html": driver, "/axe.min.js": axe}
        super().__init__(*arguments, **options)

    def do_GET(self):
        if self.path not in self.extra:
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(self.path))
        self.end_headers()
        return self.wfile.write(self.extra[self.path])

    def do_POST(self):
        self.found.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        """Say nothing of requests."""


def headless(folder, *arguments):
    """The command that starts the browser without a window, with a profile in a folder."""
    flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}"]
    return [BROWSER, *flags, *arguments]


def browse(folder, *arguments):
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(headless(folder, *arguments), **quiet)


def violations():
    """The violations of rules of axe on the main pages."""
    found = Queue()
    handler = partial(Handler, directory=SITE, found=found)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, TemporaryDirectory() as folder:
        Thread(target=server.serve_forever, daemon=True).start()
        # With a port for debugging, Chromium runs until it is ended.
        url = f"http://127.0.0.1:{server.server_port}/driver.html"
        process = browse(folder, "--remote-debugging-port=0", url)
        try:
            return found.get(timeout=SECONDS)
        finally:
            process.terminate()
            process.wait()
            server.shutdown()


def printed_pages(name):
    """The number of pages of paper for a page of the site."""
    with TemporaryDirectory() as folder:
        pdf = Path(folder) / "page.pdf"
        url = (SITE / f"{name}.html").as_uri()
        browse(folder, f"--print-to-pdf={pdf}", url).wait(timeout=SECONDS)
        return int(re.search(rb"/Count (\d+)", pdf.read_bytes())[1])


def main():
    if BROWSER is None:
        sys.exit("Install Chromium, in which the pages are checked.")
    problems = [f"{page}: broken link {link}" for page, link in broken_links(SITE)]
    problems += [" | ".join(map(str, row)) for row in violations()]
    if printed_pages("cheat_sheet") != 1:
        problems.append("cheat_sheet.html: longer than one page when printed")
    sys.exit("\n".join(problems) or None)


if __name__ == "__main__":
    main()
