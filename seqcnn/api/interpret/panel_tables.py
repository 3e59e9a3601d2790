"""Data frames as the small tables of a panel."""

import pandas as pd

from seqcnn.report.panels import PanelTable

MOST = 30  # rows


def panel_table(title: str, table: pd.DataFrame) -> PanelTable:
    """The first rows of a table, columns of words before those of numbers."""
    more = f", the first {MOST} of {len(table):,}" if len(table) > MOST else ""
    numbers = [name for name in table.columns if pd.api.types.is_numeric_dtype(table[name])]
    words = [name for name in table.columns if name not in numbers]
    rows = table.head(MOST)[words + numbers].itertuples(index=False, name=None)
    columns = [str(name).replace("_", " ") for name in words + numbers]
    return PanelTable(title + more, columns, [list(row) for row in rows], len(words))
