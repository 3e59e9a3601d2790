"""Why a call may be wrong, by simple rules over what `seqcnn explain` finds; not by a person."""

from seqcnn.calling.events import called
from seqcnn.calling.explained import Explained
from seqcnn.data.variants import Variant

LOW_MAPPING = 40.0  # mean mapping quality of an allele's reads
FEW = 0.25  # share of reads below which a heterozygous allele has few
MANY = 0.75  # share above which a heterozygous allele has many
SHALLOW = 8  # fragments
RUN = 7  # bp of a homopolymer in which reads stutter
LONG = 30  # bp
ONE_STRAND = 0.1  # share of the rarer strand, of at least 5 fragments
LOW_BASES = 22.0  # mean base quality


def reasons(variant: Variant, told: Explained, *, run: int, copied: bool, near: bool) -> list[str]:
    """All rules that hold, the likeliest cause first; "none of the rules" otherwise."""
    said = []
    seen = told.at.alternatives
    best = seen[0] if seen else None
    change = max((abs(len(alt) - len(variant.ref)) for alt in variant.alts), default=0)
    if copied:
        said.append("copied sequence")
    if best is not None and best.mapping_quality < LOW_MAPPING:
        said.append("reads of low mapping quality")
    if near:
        said.append("another unmatched record nearby: representation or phase")
    if not told.candidate:
        said.append("no candidate")
    if change and run >= RUN:
        said.append(f"homopolymer of {run}: stutter")
    if change > LONG:
        said.append("long indel")
    if told.at.fragments < SHALLOW:
        said.append("few reads")
    if best is not None:
        said += _of_reads(variant, told, best.fragments, best.fragments / max(1, told.at.fragments))
    return said or ["none of the rules"]


def _of_reads(variant: Variant, told: Explained, fragments: int, share: float) -> list[str]:
    said = []
    best = told.at.alternatives[0]
    het = len(set(called(variant) or ())) == 2
    if share < FEW:
        said.append("few reads of the allele")
    elif share > MANY and het:
        said.append("nearly all reads show the allele")
    if fragments >= 5 and min(best.forward, best.reverse) < ONE_STRAND * fragments:
        said.append("one strand")
    if best.base_quality < LOW_BASES:
        said.append("low base quality")
    if len(told.at.alternatives) > 2:
        said.append("several alleles")
    return said
