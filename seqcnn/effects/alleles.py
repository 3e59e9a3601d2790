"""The alternative alleles of records: which can be scored, against which reference, and why not."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from seqcnn.data.aliases import ContigAlias, suggest_alias
from seqcnn.data.genome import Genome
from seqcnn.data.variant_stream import VariantLine, VariantStream
from seqcnn.effects.reference_alleles import Policy, ReferenceAlleles
from seqcnn.effects.spelling import all_normalised
from seqcnn.effects.windows import Changes
from seqcnn.encoders.dna import LETTERS
from seqcnn.errors import InputError

SCORED = "scored"
# What SEQCNN_STATUS and the column `status` say; the first three come with a score.
STATUSES = {
    SCORED: "the reference and the alternative were scored",
    "swapped": "scored; the genome has ALT where the record has REF, so ALT was read from it",
    "ref_mismatch_scored": "scored with REF written into the genome, which has another base",
    "ref_mismatch": "REF is not what the genome has",
    "unknown_contig": "the genome has no such contig",
    "off_contig": "REF begins or ends off the contig",
    "window_n": "too much of a window is N or off the contig (--max-n)",
    "genome_n": "the genome has N where the record has REF",
    "ambiguous": "REF or ALT has N or another letter than A C G T",
    "symbolic": "ALT is symbolic, such as <DEL>",
    "breakend": "ALT is a breakend",
    "spanning_deletion": "ALT is *, the base is gone with a deletion of another record",
    "no_alt": "the record has no ALT",
    "same_as_ref": "ALT is REF",
}
SCORED_STATUSES = (SCORED, "swapped", "ref_mismatch_scored")
_BASES = frozenset("ACGT")
_LETTERS = frozenset(LETTERS + "U")


@dataclass(frozen=True)
class Alleles:
    """The alternative alleles of some records, in order; a record without ALT counts as one.

    `record` (n,) is the index of each one's record and `status` one of `STATUSES`. `changes` are
    those that can be scored, at indices `rows` (m,); `swapped` (m,) are scored the other way round.
    """

    record: np.ndarray
    status: list[str]
    rows: np.ndarray
    changes: Changes
    swapped: np.ndarray

    def __len__(self) -> int:
        return len(self.status)


@dataclass
class AlleleReader:
    """Makes `Alleles` of records, in a genome; `reference` says what to do where REF is not there.

    `absent` gathers contigs that the genome does not have, with the number of their records.
    """

    genome: Genome
    policy: Policy = "error"
    alias: ContigAlias | None = None
    absent: dict[str, int] = field(default_factory=dict)
    _contigs: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._sizes: list[int] = self.genome.lengths.tolist()

    def read(self, stream: VariantStream, lines: Sequence[VariantLine]) -> Alleles:
        """The alleles of `lines`.

        Raises:
            InputError: ALT is no allele, REF is not in the genome and the policy is `error`, or
                the file's contig names need an alias.
        """
        record: list[int] = []
        status: list[str] = []
        contig: list[int] = []
        refs: list[str] = []
        alts: list[str] = []
        known, sizes = self._contigs, self._sizes
        for number, line in enumerate(lines):
            place = known.get(line.contig, -1)
            if place < 0:
                place = self._contig(stream, line)
            ref = line.ref.upper()
            outside = ""
            if place < 0:
                outside = "unknown_contig"
            elif line.pos < 0 or line.pos + len(ref) > sizes[place]:
                outside = "off_contig"
            for alt in line.alts:
                upper = alt.upper()
                record.append(number)
                contig.append(place)
                refs.append(ref)
                alts.append(upper)
                plain = ref in _BASES and upper in _BASES and ref != upper
                status.append(outside or ("" if plain else _reason(stream, line, ref, upper)))
        rows = np.array([row for row, why in enumerate(status) if not why], np.int64)
        pos = np.array([line.pos for line in lines], np.int64)[record] if record else np.zeros(0)
        candidates = ReferenceAlleles(
            np.array(contig, np.int64)[rows],
            pos.astype(np.int64)[rows],
            [refs[row] for row in rows],
            [alts[row] for row in rows],
        )
        said = [word or SCORED for word in candidates.check(self.genome, self.policy)]
        for row, word in zip(rows.tolist(), said, strict=True):
            status[row] = word
        if self.policy == "error" and "ref_mismatch" in said:
            first = lines[record[int(rows[said.index("ref_mismatch")])]]
            raise self._mismatch(stream, first, said)
        kept = np.array([i for i, word in enumerate(said) if word in SCORED_STATUSES], np.int64)
        chosen = [said[i] for i in kept.tolist()]
        return Alleles(
            np.array(record, np.int64),
            status,
            rows[kept],
            self._changes(candidates, kept, chosen),
            np.array([word == "swapped" for word in chosen], bool),
        )

    def pass_over(self, stream: VariantStream, lines: Sequence[VariantLine]) -> None:
        """Know the contigs of `lines` as if these had been read; for a run that goes on."""
        for line in lines:
            self._contig(stream, line)

    def _changes(self, found: ReferenceAlleles, rows: np.ndarray, status: Sequence[str]) -> Changes:
        contig, pos = found.contig[rows], found.pos[rows]
        refs, alts = ([bases[row] for row in rows.tolist()] for bases in (found.ref, found.alt))
        for i, word in enumerate(status):
            if word == "swapped":
                refs[i], alts[i] = alts[i], refs[i]
        longer = [i for i in range(len(refs)) if len(refs[i]) != 1 or len(alts[i]) != 1]
        if longer:
            places = pos[longer].tolist()
            spelled = all_normalised(
                self.genome,
                contig[longer],
                places,
                [refs[i] for i in longer],
                [alts[i] for i in longer],
            )
            for i, spelling in zip(longer, spelled, strict=True):
                pos[i], refs[i], alts[i] = spelling
        written = np.array([word == "ref_mismatch_scored" for word in status], bool)
        return Changes(contig, pos, refs, alts, written)

    def _contig(self, stream: VariantStream, line: VariantLine) -> int:
        name = line.contig
        if name not in self._contigs:
            known = name
            if self.alias is not None:
                known = self.alias.translate([name], self.genome.index_of)[name]
            index = self.genome.index_of.get(known, -1)
            if index < 0 and not any(place >= 0 for place in self._contigs.values()):
                rule = suggest_alias([name], self.genome.index_of)
                if rule is not None:
                    raise InputError(
                        f"{stream.where(line)}: contig '{name}' is not in {self.genome.path.name} "
                        f"(it has {first_names(self.genome.names)}); pass --contig-alias {rule}"
                    )
            self._contigs[name] = index
        if self._contigs[name] < 0:
            self.absent[name] = self.absent.get(name, 0) + 1
        return self._contigs[name]

    def _mismatch(
        self, stream: VariantStream, line: VariantLine, said: Sequence[str]
    ) -> InputError:
        index = self._contigs[line.contig]
        found = self.genome.windows(np.array([index]), np.array([line.pos]), len(line.ref))[0]
        has = "".join(LETTERS[code] for code in found)
        wrong = sum(word == "ref_mismatch" for word in said)
        alts = [alt.upper() for alt in line.alts]
        if wrong > 0.2 * len(said) and wrong > 1:
            advice = (
                f"so do {wrong:,} of {len(said):,} alleles read with it: is the VCF of another "
                "assembly? Give its genome"
            )
        elif has in alts:
            advice = "the genome has the ALT: pass --ref-mismatch swap"
        else:
            advice = "is the VCF of another assembly? Give its genome"
        return InputError(
            f"{stream.where(line)}: REF '{_short(line.ref)}' at {line.contig}:{line.pos + 1:,}, "
            f"{self.genome.path.name} has '{_short(has)}'; {advice}, or pass --ref-mismatch "
            "annotate, skip or swap"
        )


def _reason(stream: VariantStream, line: VariantLine, ref: str, alt: str) -> str:
    """Why an allele cannot be scored; "" where it can."""
    if alt == ".":
        return "no_alt"
    if alt == "*":
        return "spanning_deletion"
    if alt.startswith("<"):
        return "symbolic"
    if "[" in alt or "]" in alt or alt[:1] == "." or alt[-1:] == ".":
        return "breakend"
    for name, allele in (("REF", ref), ("ALT", alt)):
        if not allele or not _LETTERS.issuperset(allele):
            raise InputError(
                f"{stream.where(line)}: {name} '{_short(allele)}' is no allele; wanted A, C, G, T "
                "or N, <…>, * or a breakend"
            )
    if not (_BASES.issuperset(ref) and _BASES.issuperset(alt)):
        return "ambiguous"
    return "same_as_ref" if ref == alt else ""


def _short(bases: str) -> str:
    return bases if len(bases) <= 20 else f"{bases[:17]}…"


def first_names(names: Collection[str]) -> str:
    """At most three of `names` for a message: ``'chr1', 'chr2', 'chr3', …``."""
    shown = ", ".join(f"'{name}'" for name in islice(names, 3))
    return shown + (", …" if len(names) > 3 else "")
