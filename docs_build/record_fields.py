"""The fields of named tuples and dataclasses on the Python pages: names, types, comments.

The package says what a field is in a comment on its line or above it, which is no docstring; here
it becomes the `Attributes:` of the class.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import griffe

COMMENT = re.compile(r"(?:^|\s)# (.*)$")


class RecordFields(griffe.Extension):
    """Gives each public record of a package its list of fields, where its docstring has none."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Once all modules of the package are read."""
        for record in _records(pkg):
            sections = record.docstring.parsed if record.docstring else []
            kinds = {section.kind for section in sections}
            fields = list(_fields(record))
            if "dataclass" in record.labels and not any(one.description for one in fields):
                continue  # its signature says as much
            if fields and sections and griffe.DocstringSectionKind.attributes not in kinds:
                sections.append(griffe.DocstringSectionAttributes(fields))


def _records(module: griffe.Module) -> Iterator[griffe.Class]:
    for member in module.members.values():
        if member.is_alias:
            continue
        if isinstance(member, griffe.Module):
            yield from _records(member)
        elif isinstance(member, griffe.Class) and _is_record(member):
            yield member


def _is_record(kind: griffe.Class) -> bool:
    return "dataclass" in kind.labels or any(str(base) == "NamedTuple" for base in kind.bases)


def _fields(record: griffe.Class) -> Iterator[griffe.DocstringAttribute]:
    lines = record.lines_collection[Path(str(record.filepath))]
    for name, member in record.members.items():
        if name.startswith("_") or member.is_alias or not isinstance(member, griffe.Attribute):
            continue
        if member.annotation is None or member.lineno is None or "property" in member.labels:
            continue
        words = _comment(lines, member.lineno - 1, member.endlineno or member.lineno)
        yield griffe.DocstringAttribute(name, annotation=member.annotation, description=words)


def _comment(lines: list[str], first: int, end: int) -> str:
    """The comment at the end of a field's lines, else that on the lines just above it."""
    for line in lines[first:end]:
        if found := COMMENT.search(line):
            return found[1]
    above: list[str] = []
    while first and lines[first - 1].strip().startswith("# "):
        first -= 1
        above.insert(0, lines[first].strip()[2:])
    return " ".join(above)
