"""What is mended in rendered pages so that they read well."""

import re
from collections.abc import Callable

SHORT_CODE = re.compile(r"(?<!<pre>)<code>([^<\s]{2,32})</code>")
# A block of code begins with an empty span.
LONG_CODE = re.compile(r"(?<!<pre>)(?<!<span></span>)<code>[^<]*--[^<]*</code>")
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
CELL = re.compile(r"<(t[dh])[ >].*?</\1>", re.DOTALL)
TEXT = re.compile(r"(?<=>)[^<>]+")
NUMBER = r"[-+\u2212]?\d*[.,\d]*\d"
# `[0.65, 0.77]`, `9e-15`, `(4 + 8)`, `35 / 0 / 1`, `84 | 113`, `14.7 %`.
NUMBERS = re.compile(
    rf"\[{NUMBER}, {NUMBER}\]|{NUMBER}e[-\u2212]\d+|\({NUMBER} \+ {NUMBER}\)"
    # Not four and more: such rows would be too wide.
    rf"|(?<![\d.,])(?<! [|/] ){NUMBER}(?: [|/] {NUMBER}){{1,2}}(?![\d.,]| [|/])(?: %)?|{NUMBER} %"
)
NOTHING_SAID = re.compile(r"\s*\u2013\s*<div class=\"doc-md-description\">\s*</div>")
SETTINGS_NAME = re.compile(r"<code class=\"whole\">(\w+Settings)</code>")


def mended(html: str, settings_address: Callable[[str], str | None]) -> str:
    """Short code, flags and numbers in tables kept in one piece, no dash where nothing follows.

    `settings_address` gives the address of the table of a class of settings, where there is one:
    its name becomes a link.
    """

    def linked(name: re.Match[str]) -> str:
        address = settings_address(name[1])
        return f'<a href="{address}">{name[0]}</a>' if address else name[0]

    html = SHORT_CODE.sub(r'<code class="whole">\1</code>', NOTHING_SAID.sub("", html))
    html = LONG_CODE.sub(lambda code: FLAG.sub(_whole, code[0]), html)
    return SETTINGS_NAME.sub(linked, CELL.sub(_cell, html))


def _cell(cell: re.Match[str]) -> str:
    # Markdown needs the backslash before a bar in a table, and in code it would be shown.
    text = cell[0].replace(r"\|", "|")
    return TEXT.sub(lambda part: NUMBERS.sub(_whole, part[0]), text)


def _whole(part: re.Match[str]) -> str:
    return f'<span class="whole">{part[0]}</span>'
