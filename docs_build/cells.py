"""Plain text in the cells of Markdown tables."""

import re

SPECIAL = re.compile(r"([\\`*_\[\]|{}])")
CODE = re.compile(r"`(?P<code>[^`]+)`|(?<![\w-])--[a-z][a-z0-9-]*")


def cell(text: str) -> str:
    """Text that reads in a cell as it stands; flags, and what is in backticks, are code."""
    parts, end = [], 0
    for found in CODE.finditer(text):
        parts += [_escaped(text[end : found.start()]), f"`{found['code'] or found[0]}`"]
        end = found.end()
    return "".join([*parts, _escaped(text[end:])])


def _escaped(text: str) -> str:
    return SPECIAL.sub(r"\\\1", text).replace("<", "&lt;").replace(">", "&gt;")
