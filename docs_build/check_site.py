"""Whether everything that a built site's pages link to or load is there, and is the site's own.

`python docs_build/check_site.py build/site` also lists the addresses outside the site that its
pages link to; they are not fetched.
"""

import re
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What a browser fetches by itself to show a page, by element and attribute.
LOADED = {
    ("img", "src"), ("script", "src"), ("iframe", "src"), ("source", "src"), ("video", "src"),
    ("audio", "src"), ("embed", "src"), ("object", "data"), ("input", "src"),
}  # fmt: skip
FROM_STYLES = re.compile(r"(?:url\(|@import)\s*[\"']?((?:https?:)?//[^\"')\s]+)")
LOADED_RELATIONS = {"stylesheet", "icon", "preload", "modulepreload", "preconnect", "manifest"}


@dataclass
class Page(HTMLParser):
    """What one HTML file names: the ids it has, what it links to, and what it loads."""

    ids: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    loads: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag == "a" and "href" in given:
            self.links.add(given["href"])
        if tag == "link" and LOADED_RELATIONS & set(given.get("rel", "").split()):
            self.loads.add(given.get("href", ""))
        for name, value in given.items():
            if (tag, name) in LOADED:
                self.loads.add(value)
            if name == "srcset":
                self.loads |= {one.split()[0] for one in value.split(",") if one.strip()}


@dataclass(frozen=True)
class Checked:
    """Findings, one line each, and the outside addresses that pages link to."""

    findings: list[str]
    outside: list[str]


def check_site(folder: Path) -> Checked:
    """Check every HTML and CSS file below `folder`: links, anchors, images, scripts, styles."""
    folder = folder.resolve()
    pages = {file: _read(file) for file in sorted(folder.rglob("*.html"))}
    found: dict[str, list[str]] = {}
    outside: set[str] = set()
    for file, page in pages.items():
        name = file.relative_to(folder).as_posix()
        for address in sorted(page.loads | page.links):
            if urlsplit(address).netloc and address not in page.loads:
                outside.add(address)
            elif fault := _fault(address, file, folder, pages):
                found.setdefault(fault, []).append(name)
    for file in sorted(folder.rglob("*.css")):
        for address in FROM_STYLES.findall(file.read_text(encoding="utf-8")):
            fault = f"loads {address} from the network"
            found.setdefault(fault, []).append(file.relative_to(folder).as_posix())
    findings = [f"{_places(names)}: {fault}" for fault, names in found.items()]
    return Checked(findings, sorted(outside))


def _places(names: list[str]) -> str:
    more = f" and {len(names) - 1} more pages" if len(names) > 1 else ""
    return names[0] + more


def _read(file: Path) -> Page:
    page = Page()
    page.feed(file.read_text(encoding="utf-8"))
    return page


def _fault(address: str, file: Path, folder: Path, pages: dict[Path, Page]) -> str | None:
    """What is wrong with an address that is linked to or loaded, if anything is."""
    parts = urlsplit(address)
    if parts.netloc:
        return f"loads {address} from the network"
    if parts.scheme in ("data", "mailto", "javascript"):
        return None
    path = unquote(parts.path)
    # Only the page of errors is served from anywhere, so only it names the root.
    start = folder if path.startswith("/") else file.parent
    target = (start / path.lstrip("/")).resolve() if path else file
    if target.is_dir():
        target /= "index.html"
    inside = target.relative_to(folder) if target.is_relative_to(folder) else address
    if not target.exists():
        return f"leads to {inside}, which is not there"
    anchor = unquote(parts.fragment)
    if anchor and target in pages and anchor not in pages[target].ids and anchor != "__top":
        return f"leads to {inside}#{anchor}, but that page has no such anchor"
    return None


if __name__ == "__main__":
    checked = check_site(Path(sys.argv[1]))
    print("\n".join([*checked.outside, "", *checked.findings]))
    sys.exit(bool(checked.findings))
