"""The navigation of mkdocs.yml with the pages filled in that are made when the site is built."""

from typing import Any

from docs_build.commands import FOLDER, Command
from docs_build.elsewhere import notebook_paths, readmes, workflow_readmes


def filled(nav: Any, commands: list[Command]) -> Any:
    """The navigation with the pages of a folder in place of an entry `folder/*`."""
    if isinstance(nav, dict):
        return {title: filled(inside, commands) for title, inside in nav.items()}
    if not isinstance(nav, list):
        return nav
    made: dict[str, list[Any]] = {
        f"{FOLDER}/*": _command_entries(commands),
        "workflows/*": [*_index("workflows"), *workflow_readmes().values()],
        "notebooks/*": [
            *_index("notebooks"),
            *(f"notebooks/{path.stem}.md" for path in notebook_paths()),
        ],
    }
    return [page for entry in nav for page in made.get(str(entry), [filled(entry, commands)])]


def _index(folder: str) -> list[str]:
    return [page for page in readmes().values() if page == f"{folder}/index.md"]


def _command_entries(commands: list[Command]) -> list[Any]:
    """A page a command; the verbs of one that has them below its name."""
    entries: dict[str, Any] = {}
    for one in commands:
        if len(one.words) == 1:
            entries[one.name] = one.page
        else:
            entries.setdefault(one.words[0], []).append({one.words[1]: one.page})
    return [{name: page} for name, page in entries.items()]
