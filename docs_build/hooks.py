"""What MkDocs calls while it builds the site: pages from code, notebooks and READMEs, and checks.

`SEQCNN_DOCS_NOTEBOOKS=0` leaves notebooks unexecuted, for a build of seconds.
"""

import logging
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from pymdownx.slugs import slugify

# MkDocs loads this file alone, by its path.
sys.path.insert(0, str(Path(__file__).parents[1]))

from docs_build.check_site import check_site
from docs_build.commands import Command, command_page, commands, index_table
from docs_build.elsewhere import ROOT, notebook_paths, readmes
from docs_build.families import family_sections
from docs_build.links import local_targets, repository_path, rewrite
from docs_build.mended import mended
from docs_build.navigation import filled
from docs_build.notebooks import (
    NotebookFailed,
    NotebookPage,
    executed,
    notebook_page,
    with_outputs,
)
from docs_build.settings_tables import names_in, with_tables
from docs_build.sources import is_shown, source_page

log = logging.getLogger("mkdocs.hooks.seqcnn")
COMMAND_INDEX = "<!-- commands -->"
FAMILIES = "<!-- families -->"
SETTINGS = "reference/settings.md"
SOURCES = "source"


@dataclass
class Site:
    """What is known of the site while it is built."""

    commands: list[Command] = field(default_factory=commands)
    # A file of the repository -> its page, and back.
    uri_of: dict[str, str] = field(default_factory=dict)
    file_of: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)  # of pages, by their files
    notebooks: dict[str, NotebookPage] = field(default_factory=dict)

    def add(self, file: str, uri: str, text: str | None = None) -> None:
        self.uri_of[file] = uri
        self.file_of.setdefault(uri, file)
        if text is not None:
            self.texts[file] = text


site = Site()


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Anchors as in a checkout; the pages of a folder where the navigation says `folder/*`."""
    global site
    site = Site()
    config.mdx_configs.setdefault("toc", {})["slugify"] = slugify(case="lower")
    config.nav = filled(config.nav, site.commands)
    return config


@event_priority(100)
def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what is no file of docs/: commands, notebooks, READMEs, and the sources linked to."""
    for file in files.documentation_pages():
        site.add(f"docs/{file.src_uri}", file.src_uri, file.content_string)
    for name, uri in readmes().items():
        if uri in site.file_of:
            site.add(name, uri)
        else:
            site.add(name, uri, (ROOT / name).read_text(encoding="utf-8"))
            files.append(File.generated(config, uri, content=site.texts[name]))
    for one in site.commands:
        files.append(File.generated(config, one.page, content=command_page(one)))
    _add_notebooks(files, config)
    asked = [_asked(text, name) for name, text in site.texts.items()]
    _add_sources(files, config, [path for paths in asked for path in paths])
    return files


def _asked(text: str, name: str) -> list[str]:
    return [repository_path(target, name) for target in local_targets(text)]


def _add_notebooks(files: Files, config: MkDocsConfig) -> None:
    execute = os.environ.get("SEQCNN_DOCS_NOTEBOOKS", "1") != "0"
    cache = Path(config.site_dir).parent / "notebooks"
    try:
        notebooks = executed(notebook_paths(), cache, execute=execute)
    except NotebookFailed as error:
        raise PluginError(str(error)) from error
    for path, notebook in notebooks.items():
        page = notebook_page(notebook, path.stem)
        uri = f"notebooks/{path.stem}.md"
        site.add(f"notebooks/{path.name}", uri, page.markdown)
        site.notebooks[uri] = page
        files.append(File.generated(config, uri, content=page.markdown))
        # Without outputs, as it is kept: to be run.
        files.append(File.generated(config, f"notebooks/{path.name}", abs_src_path=str(path)))
        for name, figure in page.figures.items():
            files.append(File.generated(config, f"notebooks/{name}", content=figure))


def _add_sources(files: Files, config: MkDocsConfig, asked: list[str]) -> None:
    """Pages of the files that some page links to and that have none yet."""
    for path in asked:
        file = ROOT / path
        if path in site.uri_of or path.startswith(("docs/", "..")) or not file.exists():
            continue
        if file.is_dir() and f"{path}/README.md" in site.uri_of:
            site.add(path, site.uri_of[f"{path}/README.md"])
        elif not is_shown(file):
            site.add(path, f"{SOURCES}/{path}")
            files.append(File.generated(config, f"{SOURCES}/{path}", abs_src_path=str(file)))
        else:
            uri, text = f"{SOURCES}/{path}.md", source_page(file, path)
            site.add(path, uri)
            files.append(File.generated(config, uri, content=text))
            if file.is_dir():
                # The list's links are to what is in the folder: as if from a page in it.
                site.file_of[uri] = f"{path}/."
                _add_sources(files, config, _asked(text, f"{path}/."))


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links as the site has them; tables of settings; the list of commands."""
    uri = page.file.src_uri
    name = site.file_of.get(uri, f"docs/{uri}")
    if uri.startswith(f"{SOURCES}/") and not name.endswith("/."):
        return markdown
    if COMMAND_INDEX in markdown:
        table = index_table(site.commands, Path(uri).parent.as_posix())
        markdown = markdown.replace(COMMAND_INDEX, table)
    markdown = with_tables(markdown).replace(FAMILIES, family_sections())
    page_of = {one.name: one.page for one in site.commands}
    return rewrite(markdown, name, uri, site.uri_of.get, page_of.get)


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """What is mended in the page; outputs of a notebook, where their marks stand."""
    table = files.get_file_from_path(SETTINGS)
    known = names_in(table.content_string) if table else []

    def settings_address(name: str) -> str | None:
        return f"{table.url_relative_to(page.file)}#{name}" if table and name in known else None

    html = mended(html, settings_address)
    notebook = site.notebooks.get(page.file.src_uri)
    return with_outputs(html, notebook, Path(page.file.src_uri).stem) if notebook else html


@event_priority(-200)
def on_post_build(config: MkDocsConfig) -> None:
    """Warn, which ends a strict build, of what leads nowhere or would come from the network."""
    checked = check_site(Path(config.site_dir))
    for finding in checked.findings:
        log.warning(finding)
    number = len(checked.outside)
    log.info("%d links to other sites; python docs_build/check_site.py lists them", number)
