"""How the result of calling shows itself in a notebook."""

from itertools import islice
from typing import TYPE_CHECKING

from seqcnn.calling.vcf import genotype_text
from seqcnn.data import notebook

if TYPE_CHECKING:
    from seqcnn.api.call_variants import CallResult

FIRST = 8  # calls shown


def called_html(result: "CallResult") -> str:
    """How many calls there are, the first of them, and what the user should know."""
    told = ", ".join(f"{n:,} {name}" for name, n in sorted(result.filters.items())) or "none"
    parts = [notebook.warning(note) for note in result.notes]
    parts += [notebook.text(line) for line in result.lines()]
    if result.path is not None:
        parts.append(notebook.text(f"written to {result.path}"))
    elif result.calls:
        rows = [
            [f"{call.contig}:{call.pos + 1:,}", _short(call.ref), _short(",".join(call.alts)),
             genotype_text(call.genotype), f"{call.quality:.1f}", str(call.gq), str(call.depth),
             call.filter]
            for call in islice(result.calls, FIRST)
        ]  # fmt: skip
        columns = ("position", "REF", "ALT", "genotype", "QUAL", "GQ", "DP", "FILTER")
        parts.append(notebook.grid(columns, rows, words=4))
        more = len(result.calls) - len(rows)
        if more:
            parts.append(notebook.text(f"and {more:,} more: .frame has them all"))
    return notebook.shown(f"Calls: {told}", *parts)


def _short(allele: str) -> str:
    return allele if len(allele) <= 20 else f"{allele[:17]}… ({len(allele)})"
