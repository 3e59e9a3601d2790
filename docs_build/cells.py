"""Plain text in the cells of Markdown tables."""

import re

SPECIAL = re.compile(r"([\\`*_\[\]|{}])")
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")


def cell(text: str) -> str:
    """Text that reads in a cell as it stands; flags in it are code."""
    parts, end = [], 0
    for flag in FLAG.finditer(text):
        parts += [_escaped(text[end : flag.start()]), f"`{flag[0]}`"]
        end = flag.end()
    return "".join([*parts, _escaped(text[end:])])


def _escaped(text: str) -> str:
    return SPECIAL.sub(r"\\\1", text).replace("<", "&lt;").replace(">", "&gt;")
