"""What is mended in pages so that they read well: before they are rendered, and after."""

import re
from collections.abc import Callable

ROW = re.compile(r"^\|.*$", re.MULTILINE)
INTERVAL = re.compile(r"(\[[-+\d.,]+), ([-+\d.,]+\])")
SHORT_CODE = re.compile(r"(?<!<pre>)<code>([^<\s]{2,32})</code>")
NOTHING_SAID = re.compile(r"\s*\u2013\s*<div class=\"doc-md-description\">\s*</div>")
SETTINGS_NAME = re.compile(r"<code class=\"whole\">(\w+Settings)</code>")


def with_whole_intervals(markdown: str) -> str:
    """Intervals in tables, such as `[0.65, 0.77]`, which are not to be broken over lines."""
    return ROW.sub(lambda row: INTERVAL.sub(r"\1,&nbsp;\2", row[0]), markdown)


def mended(html: str, settings_address: Callable[[str], str | None]) -> str:
    """Short code kept in one piece, no dash where nothing follows, settings linked to their table.

    `settings_address` gives the address of the table of a class of settings, where there is one.
    """

    def linked(name: re.Match[str]) -> str:
        address = settings_address(name[1])
        return f'<a href="{address}">{name[0]}</a>' if address else name[0]

    html = SHORT_CODE.sub(r'<code class="whole">\1</code>', NOTHING_SAID.sub("", html))
    return SETTINGS_NAME.sub(linked, html)
