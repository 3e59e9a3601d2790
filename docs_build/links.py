"""Links of the repository's Markdown, made to lead to the same thing on the site.

In a checkout a page links to files: other pages, notebooks, sources. On the site a notebook or a
workflow's README is a page elsewhere, and a source file is shown on a page of its own.
"""

import re
from collections.abc import Callable
from posixpath import dirname, join, normpath, relpath

# Code is left alone; then `](target`, `[name]: target`, and targets in raw HTML.
PARTS = re.compile(
    r"(?P<fence>^ *(?P<mark>```+|~~~+)[^\n]*\n.*?^ *(?P=mark)[^\n]*$)"
    r"|(?P<heading>^#+ [^\n]*$)"
    r"|(?P<command>`seqcnn [a-z][a-z -]*[a-z]`(?!\]))"
    r"|(?P<code>(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<before>\]\(<?|^\[[^\]\n]+\]: +|\b(?:src|href)=\")(?P<target>[^)\s\">]+)",
    re.MULTILINE | re.DOTALL,
)
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#", re.IGNORECASE)


def local_targets(text: str) -> list[str]:
    """The targets of a page's links that are no addresses and no anchors of its own."""
    found = [match["target"] for match in PARTS.finditer(text) if match["target"]]
    return [target for target in found if not ELSEWHERE.match(target)]


def repository_path(target: str, page: str) -> str:
    """The file, from the repository's root, that a link of the file `page` leads to."""
    return normpath(join(dirname(page), target.partition("#")[0]))


def rewrite(
    text: str,
    page: str,
    page_uri: str,
    uri_of: Callable[[str], str | None],
    command_uri: Callable[[str], str | None],
) -> str:
    """The text of the file `page`, with links as the site's page `page_uri` needs them.

    `uri_of` gives the site's page of a file of the repository, `command_uri` that of a command;
    None leaves the link, or the command's name, as it is.
    """

    def replaced(match: re.Match[str]) -> str:
        whole = match[0]
        if match["command"]:
            uri = command_uri(whole.strip("`").removeprefix("seqcnn "))
            return whole if uri in (None, page_uri) else f"[{whole}]({_from(page_uri, str(uri))})"
        target = match["target"]
        if not target or ELSEWHERE.match(target):
            return whole
        uri = uri_of(repository_path(target, page))
        if uri is None:
            return whole
        _, hash_, anchor = target.partition("#")
        return f"{match['before']}{_from(page_uri, uri)}{hash_}{anchor}"

    return PARTS.sub(replaced, text)


def _from(page_uri: str, uri: str) -> str:
    return relpath(uri, dirname(page_uri) or ".")
