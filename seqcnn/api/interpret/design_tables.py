"""Tables and FASTA of designed sequences."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from seqcnn.effects.design import Step, Wish
from seqcnn.effects.design_constraints import gc_share
from seqcnn.encoders.dna import LETTERS, decode

WIDTH = 80  # letters a line of FASTA


def step_table(
    ends: Sequence[Step],
    names: Sequence[str],
    wish: Wish,
    outputs: Sequence[str],
    watched: Sequence[int],
) -> pd.DataFrame:
    """One row a step: the edit (0-based position, bases), its purpose, objective, GC, how many
    bases differ from the start, and logit and value of each output in `watched`.
    """
    rows = []
    for name, end in zip(names, ends, strict=True):
        path = end.path()
        values = wish.values(np.stack([step.logits for step in path]))
        share = gc_share(np.stack([step.codes for step in path]))
        for number, step in enumerate(path):
            edited = step.position >= 0
            row: dict[str, Any] = {
                "sequence": name,
                "step": number,
                "purpose": step.purpose,
                "position": step.position if edited else pd.NA,
                "from": LETTERS[step.before] if edited else "",
                "to": LETTERS[step.after] if edited else "",
                "objective": step.objective,
                "gc": share[number],
                "changed": int((step.codes != path[0].codes).sum()),
            }
            for index in watched:
                row[f"{outputs[index]} logit"] = float(step.logits[index])
                row[f"{outputs[index]} value"] = float(values[number, index])
            rows.append(row)
    table = pd.DataFrame(rows)
    return table.astype({"position": "Int64"})


def design_table(
    ends: Sequence[Step],
    names: Sequence[str],
    wish: Wish,
    outputs: Sequence[str],
    distances: np.ndarray | None,
    watched: Sequence[int],
) -> pd.DataFrame:
    """One row a sequence: edits, objective, values of `watched` outputs and GC before and after.

    `constraint_edits` are those that its limits needed; `reached` says whether it is as wished;
    `distance` says how unlike the training data it is (above 1: beyond most of them).
    """
    rows = []
    for number, (name, end) in enumerate(zip(names, ends, strict=True)):
        path = end.path()
        start = path[0]
        row: dict[str, Any] = {
            "sequence": name,
            "edits": len(path) - 1,
            "constraint_edits": sum(step.purpose == "constraint" for step in path),
            "changed": int((end.codes != start.codes).sum()),
            "objective_start": start.objective,
            "objective": end.objective,
        }
        if wish.until is not None:
            row["reached"] = wish.reached(end.logits)
        values = wish.values(np.stack([start.logits, end.logits]))
        for index in watched:
            row[f"{outputs[index]} value_start"] = float(values[0, index])
            row[f"{outputs[index]} value"] = float(values[1, index])
        row["gc_start"], row["gc"] = gc_share(np.stack([start.codes, end.codes]))
        if distances is not None:
            row["distance"] = float(distances[number])
        row["start_letters"], row["letters"] = decode(start.codes), decode(end.codes)
        rows.append(row)
    return pd.DataFrame(rows)


def fasta_text(table: pd.DataFrame) -> str:
    """The designed sequences as FASTA, named as the starts are."""
    lines = []
    for row in table.to_dict("records"):
        identifier = str(row["sequence"]).replace(" ", "_")
        told = f"edits={row['edits']} objective={row['objective']:.4g} gc={row['gc']:.3f}"
        lines.append(f">{identifier} {told}")
        letters = str(row["letters"])
        lines += [letters[first : first + WIDTH] for first in range(0, len(letters), WIDTH)]
    return "\n".join(lines) + "\n"
