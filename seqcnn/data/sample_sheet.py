"""The sample sheet of a workflow: rows by name, each cell a word or two.

Neither torch nor numpy is imported here: a workflow reads its sheet each time it starts.
"""

import csv
from pathlib import Path

from seqcnn.errors import InputError


def sheet_rows(path: Path | str, name: str) -> dict[str, dict[str, str]]:
    """Cells by column, by the row's cell in the column `name`; cells without a value are left out.

    A sheet is tab-separated text with a header; empty lines and those that begin with # are
    skipped. What a cell may hold is a schema's to say.

    Raises:
        InputError: it is missing, has no such column, no row, a row of too many cells or without
            a name, or two rows of one name.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise InputError(f"{path}: the sample sheet cannot be read ({reason})") from None
    kept = [(number, line) for number, line in enumerate(lines, 1) if _says_something(line)]
    cells = [(number, next(csv.reader([line], delimiter="\t"))) for number, line in kept]
    if len(cells) < 2:
        raise InputError(
            f"{path}: the sample sheet has no rows; wanted a header and a row a sample"
        )
    columns = _columns(path, cells[0][1], name)
    rows: dict[str, dict[str, str]] = {}
    first: dict[str, int] = {}
    for number, values in cells[1:]:
        if len(values) > len(columns):
            raise InputError(
                f"{path}:{number}: {len(values)} cells, and the header has {len(columns)} columns"
            )
        row = {
            key: cell.strip() for key, cell in zip(columns, values, strict=False) if cell.strip()
        }
        row_name = row.pop(name, None)
        if row_name is None:
            raise InputError(f"{path}:{number}: the column '{name}' is empty; name the row")
        if row_name in rows:
            raise InputError(
                f"{path}:{number}: '{row_name}' in the column '{name}' is on line "
                f"{first[row_name]} too; name each row once"
            )
        rows[row_name], first[row_name] = row, number
    return rows


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def _columns(path: Path, header: list[str], name: str) -> list[str]:
    columns = [column.strip() for column in header]
    if name not in columns:
        hint = "; is it separated by tabs?" if len(columns) == 1 else ""
        raise InputError(
            f"{path}: the sample sheet has no column '{name}'; it has: {', '.join(columns)}{hint}"
        )
    twice = next((column for column in columns if columns.count(column) > 1), None)
    if twice is not None:
        raise InputError(f"{path}: the column '{twice}' is there twice; keep one of them")
    return columns
