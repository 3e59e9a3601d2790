"""The text of scored variants: lines of a VCF, and rows of a table."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from seqcnn.data.variant_stream import VariantStream, header_with
from seqcnn.effects.alleles import STATUSES
from seqcnn.effects.score import NUMBERS
from seqcnn.effects.variant_background import VariantBackground
from seqcnn.effects.variant_blocks import Scored

PREFIX = "SEQCNN_"
MANY_TRACKS = 20  # more make the lines of a VCF too long to be read

# Name in tables: name in a VCF and what it says.
DESCRIBED = {
    "reference": ("REF", "logit with the reference"),
    "alternative": ("ALT", "logit with the alternative"),
    "difference": ("DIFF", "logit with the alternative less that with the reference"),
    "reference_value": ("REF_VALUE", "value with the reference"),
    "alternative_value": ("ALT_VALUE", "value with the alternative"),
    "difference_value": ("DIFF_VALUE", "value with the alternative less that with the reference"),
    "spread": ("SPREAD", "standard deviation of DIFF over strands and shifts"),
    "ensemble_sd": ("ENSEMBLE_SD", "standard deviation of DIFF over the networks of the bundle"),
    "quantile": ("QUANTILE", "share of the background variants whose DIFF is smaller in size"),
}
PLACE = ("contig", "pos", "id", "ref", "alt", "track")
COLUMNS = (*PLACE, *NUMBERS, "quantile", "signed_quantile", "status")


@dataclass(frozen=True)
class Told:
    """What is told of each allele and track: names of `tracks`, their units, and which numbers.

    `background` gives quantiles; `ensemble` says whether there are several networks.
    """

    tracks: Sequence[str]
    units: Sequence[str]
    background: VariantBackground | None
    ensemble: bool

    @property
    def names(self) -> list[str]:
        """Numbers that there are, in the order of `DESCRIBED`."""
        absent = set() if self.ensemble else {"ensemble_sd"}
        if self.background is None:
            absent.add("quantile")
        return [name for name in DESCRIBED if name not in absent]

    def numbers(self, scored: Scored) -> np.ndarray:
        """Float32 (numbers, n, T) in the order of `names`."""
        kept = scored.numbers[[NUMBERS.index(name) for name in self.names if name in NUMBERS]]
        if self.background is None:
            return kept
        quantile = self.background.quantiles(scored.numbers[NUMBERS.index("difference")])
        return np.concatenate([kept, quantile[None]])


class VcfText:
    """Records with the scores in their INFO column, all else letter for letter.

    Every field has a value for each ALT; one of several tracks has their numbers with | between.
    """

    def __init__(self, told: Told, facts: Mapping[str, str]) -> None:
        self._told = told
        self._facts = facts
        self._keys = [f"{PREFIX}{DESCRIBED[name][0]}" for name in told.names]
        one = "|".join(["%.5g"] * len(told.tracks))
        self._several = len(told.tracks) > 1
        self._whole = ";".join(f"{key}={one}" for key in self._keys)
        if self._several:
            self._whole += f";{PREFIX}MAX_DIFF=%.5g;{PREFIX}MAX_TRACK=%d"
        keys = (entry.partition("=")[0] for entry in self._whole.split(";"))
        self._unknown = ";".join(f"{key}=." for key in keys)

    def head(self, stream: VariantStream) -> str:
        """The header: that of `stream`, what was run, the tracks, and what each field says."""
        facts = ",".join(f"{name}={_quoted(value)}" for name, value in self._facts.items())
        lines = [f"##seqcnn_score_variants=<ID=run,{facts}>"]
        for number, (name, unit) in enumerate(
            zip(self._told.tracks, self._told.units, strict=True), 1
        ):
            lines.append(f"##seqcnn_track=<ID={number},Name={_quoted(name)},Value={_quoted(unit)}>")
        kind, order = "Float", ""
        if self._several:
            kind, order = "String", "; tracks in the order of ##seqcnn_track, | between"
        for name, key in zip(self._told.names, self._keys, strict=True):
            lines.append(_field(key, kind, DESCRIBED[name][1] + order))
        if self._several:
            largest = "the SEQCNN_DIFF that is largest in size of all tracks"
            lines.append(_field(f"{PREFIX}MAX_DIFF", "Float", largest))
            lines.append(_field(f"{PREFIX}MAX_TRACK", "Integer", "ID of the track of MAX_DIFF"))
        words = "; ".join(f"{name}: {text}" for name, text in STATUSES.items())
        lines.append(_field(f"{PREFIX}STATUS", "String", words))
        return header_with(stream, lines, PREFIX)

    def block(self, scored: Scored) -> str:
        """The lines of a block."""
        alleles = scored.block.alleles
        numbers = self._told.numbers(scored)
        each = numbers.transpose(1, 0, 2).reshape(len(alleles), numbers.shape[0] * numbers.shape[2])
        known = ~np.isnan(each[:, 0])
        difference = scored.numbers[NUMBERS.index("difference")]
        top = np.abs(np.nan_to_num(difference)).argmax(axis=1)
        largest = np.take_along_axis(difference, top[:, None], axis=1)
        if self._several:
            each = np.concatenate([each, largest, top[:, None] + 1], axis=1)
        texts = iter(self._formatted(each[known]))
        entries: list[list[str]] = [[] for _ in scored.block.lines]
        for record, told, status in zip(
            alleles.record.tolist(), known.tolist(), alleles.status, strict=True
        ):
            start = next(texts) if told else self._unknown
            entries[record].append(f"{start};{PREFIX}STATUS={status}")
        lines = (
            line.with_info(added[0] if len(added) == 1 else _with_commas(added), PREFIX)
            for line, added in zip(scored.block.lines, entries, strict=True)
        )
        return "\n".join(lines) + "\n"

    def _formatted(self, numbers: np.ndarray) -> list[str]:
        """The fields of alleles by their numbers (n, fields), by one format for all of them."""
        if not len(numbers):
            return []
        pattern = "\n".join([self._whole] * len(numbers))
        return (pattern % tuple(numbers.reshape(-1).tolist())).split("\n")


class TableText:
    """A row for each allele and track, tab-separated; empty where there is no score."""

    def __init__(self, told: Told, digits: int = 6) -> None:
        self._told = told
        present = {name: f"%.{digits}g" for name in told.names}
        if "quantile" in present:
            present["signed_quantile"] = present["quantile"]
        wanted = COLUMNS[len(PLACE) : -1]
        self._pattern = "\n".join(
            ["\t".join(present.get(name, "") for name in wanted)] * len(told.tracks)
        )
        self._empty = ["\t" * (len(wanted) - 1)] * len(told.tracks)

    def head(self) -> str:
        """The line of column names."""
        return "\t".join(COLUMNS) + "\n"

    def block(self, scored: Scored) -> str:
        """The rows of a block."""
        alleles = scored.block.alleles
        numbers = _with_sign(self._told, self._told.numbers(scored))
        each = numbers.transpose(1, 2, 0).reshape(len(alleles), -1)  # track by track
        known = ~np.isnan(each[:, 0]) if each.size else np.zeros(len(alleles), bool)
        rows = []
        for row, (place, alt) in enumerate(_places(scored)):
            texts = self._empty
            if known[row]:
                texts = (self._pattern % tuple(each[row].tolist())).split("\n")
            line = scored.block.lines[place]
            start = "\t".join((line.contig, line.fields[1], line.identifier, line.ref, alt))
            status = alleles.status[row]
            rows += [
                f"{start}\t{track}\t{text}\t{status}\n"
                for track, text in zip(self._told.tracks, texts, strict=True)
            ]
        return "".join(rows)


def frame(told: Told, blocks: Sequence[Scored]) -> pd.DataFrame:
    """The columns of `COLUMNS`, a row for each allele and track, in the order of the file."""
    names = [*told.names, *(["signed_quantile"] if "quantile" in told.names else [])]
    parts = []
    for scored in blocks:
        tracks = len(told.tracks)
        numbers = _with_sign(told, told.numbers(scored))
        places = list(_places(scored))
        lines = [scored.block.lines[place] for place, _ in places]
        columns: dict[str, list[str] | list[int]] = {
            "contig": [line.contig for line in lines],
            "pos": [line.pos + 1 for line in lines],
            "id": [line.identifier for line in lines],
            "ref": [line.ref for line in lines],
            "alt": [alt for _, alt in places],
            "status": scored.block.alleles.status,
        }
        part = pd.DataFrame(columns).loc[np.repeat(np.arange(len(lines)), tracks)]
        part["track"] = list(told.tracks) * len(lines)
        for name, values in zip(names, numbers, strict=True):
            part[name] = values.reshape(-1)
        parts.append(part)
    whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    whole = whole.reindex(columns=list(COLUMNS))
    numeric = list(COLUMNS[len(PLACE) : -1])
    words = [name for name in COLUMNS if name not in (*numeric, "pos")]
    kinds = dict.fromkeys(numeric, np.float32) | dict.fromkeys(words, object) | {"pos": np.int64}
    return whole.astype(kinds)


def _places(scored: Scored) -> list[tuple[int, str]]:
    """Record and ALT of each allele."""
    return [(place, alt) for place, line in enumerate(scored.block.lines) for alt in line.alts]


def _with_sign(told: Told, numbers: np.ndarray) -> np.ndarray:
    """`numbers` (numbers, n, T), and below them the quantile with the sign of the difference."""
    if "quantile" not in told.names:
        return numbers
    sign = np.sign(numbers[told.names.index("difference")])
    return np.concatenate([numbers, (numbers[-1] * sign)[None]])


def _with_commas(entries: Sequence[str]) -> str:
    """One INFO of those of several alleles: the values of each field with commas between."""
    first, *others = ([field.partition("=") for field in entry.split(";")] for entry in entries)
    values = zip(*([field[2] for field in allele] for allele in (first, *others)), strict=True)
    return ";".join(
        f"{field[0]}={','.join(texts)}" for field, texts in zip(first, values, strict=True)
    )


def _field(key: str, kind: str, description: str) -> str:
    return f"##INFO=<ID={key},Number=A,Type={kind},Description={_quoted(description)}>"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'


def unquoted(text: str) -> str:
    """What was quoted at the beginning of `text`, part of a line of a VCF's header."""
    found = re.match(r'"((?:[^"\\]|\\.)*)"', text)
    return re.sub(r"\\(.)", r"\1", found[1]) if found else ""
