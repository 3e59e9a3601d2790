"""A whole simulation: plan, variants, parts in processes, one sorted BAM and its truth."""

import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from hashlib import md5
from pathlib import Path
from typing import Any

import pandas as pd

from seqcnn.atomic import write_text
from seqcnn.calling.simulate.part import Outcome, Part, Run
from seqcnn.calling.simulate.people import (
    Variants,
    clear_of,
    contaminating,
    copies_in,
    planted,
    spectrum_for,
    within,
)
from seqcnn.calling.simulate.plan import Stretch, chosen_regions, rows_of, stretches, uncalled
from seqcnn.calling.simulate.processes import GROUP, Advance, all_parts, merge_parts
from seqcnn.calling.simulate.variants import Phased
from seqcnn.calling.simulate.write import write_bed, write_truth
from seqcnn.data.genome import Genome
from seqcnn.data.intervals import read_bed
from seqcnn.data.regions import subtract
from seqcnn.encoders.dna import decode
from seqcnn.errors import InputError
from seqcnn.settings.simulate import SimulateSettings
from seqcnn.version import __version__

BLOCK = 1 << 22  # bases at a time
PLATFORMS = {"illumina": "ILLUMINA", "hifi": "PACBIO", "ont": "ONT"}


def simulate(settings: SimulateSettings, run: Run, advance: Advance) -> dict[str, Any]:
    """Write sample.bam, truth.vcf.gz, confident.bed, copies.bed and simulate.json; the counts.

    Args:
        settings: files, regions, processes.
        run: what the reads are like.
        advance: called with parts done and parts in all.

    Raises:
        InputError: a file cannot be used; nothing that stood in the folder has then changed.
    """
    began = time.perf_counter()
    genome = Genome(settings.reference)
    regions = chosen_regions(settings.regions, genome)
    gaps = uncalled(regions, genome)
    confident = None if settings.confident is None else read_bed(settings.confident)
    parts, variants, skipped = _planned(settings, run, genome, regions)
    folder = settings.out
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".tmp-") as scratch:
        header = bam_header(genome, settings)
        outcomes = all_parts(settings, run, parts, header, Path(scratch), advance)
        merge_parts(Path(scratch), len(parts), folder / "sample.bam")
    kept = _inside(variants, regions)
    write_truth(folder / "truth.vcf.gz", kept, genome, settings.sample)
    copies = pd.DataFrame(
        [(part.contig, copy.start, copy.end) for part in parts for copy in part.copies],
        columns=["contig", "start", "end"],
    )
    trusted = subtract(regions, gaps)
    if confident is not None:
        trusted = subtract(trusted, subtract(trusted, confident[["contig", "start", "end"]]))
    if not settings.confident_copies and len(copies):
        trusted = subtract(trusted, copies)
    write_bed(folder / "confident.bed", trusted)
    write_bed(folder / "copies.bed", copies)
    result = {
        "seqcnn": __version__,
        "settings": settings.model_dump(mode="json"),
        "bases": int((regions["end"] - regions["start"]).sum()),
        "confident_bases": int((trusted["end"] - trusted["start"]).sum()),
        "variants": _counted(one for listed in kept.values() for one in listed),
        "truth_records_left_out": {reason: n for reason, n in sorted(skipped.items()) if n},
        "copies": len(copies),
        **_totals(outcomes),
        "seconds": round(time.perf_counter() - began, 1),
    }
    write_text(folder / "simulate.json", json.dumps(result, indent=1) + "\n")
    return result


def _planned(
    settings: SimulateSettings, run: Run, genome: Genome, regions: pd.DataFrame
) -> tuple[list[Part], Variants, Counter[str]]:
    """The parts with their variants and copies; all variants; records left out by reason."""
    # Fragments that begin before a region cover its first bases.
    reach = int(run.profile.fragment_lengths[-1]) + 50
    cut = list(stretches(regions, genome, reach))
    if not cut:
        raise InputError(f"{settings.reference}: nothing but N in the regions; choose others")
    spectrum = spectrum_for(settings, genome)
    variants, skipped = planted(settings, genome, regions, spectrum)
    pieces = [clear_of(variants, piece) for piece in cut]
    others = contaminating(settings, genome, pieces, variants, spectrum)
    parts = [
        Part(
            number, piece.contig, piece.start, piece.end, reach, within(variants, piece, reach),
            within(others, piece, reach), copies_in(settings, genome, piece, number, spectrum),
        )
        for number, piece in enumerate(pieces)
    ]  # fmt: skip
    return parts, variants, skipped


def _inside(variants: Variants, regions: pd.DataFrame) -> Variants:
    """The variants wholly inside the regions."""
    kept: Variants = {}
    for contig, start, end in rows_of(regions):
        kept.setdefault(contig, []).extend(within(variants, Stretch(contig, start, end), 0))
    return kept


def bam_header(genome: Genome, settings: SimulateSettings) -> dict[str, Any]:
    """The header of the BAM: contigs with MD5, the read group, the program."""
    contigs = []
    for name, length in genome.length_of.items():
        digest = md5(usedforsecurity=False)
        for begin in range(0, length, BLOCK):
            letters = decode(genome.fetch(name, begin, min(length, begin + BLOCK)))
            digest.update(letters.encode())
        contigs.append({"SN": name, "LN": length, "M5": digest.hexdigest()})
    group = {"ID": GROUP, "SM": settings.sample, "LB": "simulated"}
    return {
        "HD": {"VN": "1.6", "SO": "coordinate"},
        "SQ": contigs,
        "RG": [{**group, "PL": PLATFORMS[settings.preset]}],
        "PG": [{"ID": "seqcnn", "PN": "seqcnn", "VN": __version__, "CL": "seqcnn simulate"}],
    }


def _totals(outcomes: list[Outcome]) -> dict[str, int]:
    return {
        "fragments": sum(outcome.fragments for outcome in outcomes),
        "records": sum(outcome.records for outcome in outcomes),
        "duplicates_marked": sum(outcome.duplicates for outcome in outcomes),
        "unmapped": sum(outcome.unmapped for outcome in outcomes),
    }


def _counted(variants: Iterable[Phased]) -> dict[str, int]:
    """Number of variants by kind and zygosity."""
    counts: Counter[str] = Counter()
    for one in variants:
        kind = "snp" if one.is_snp else "indel"
        if one.alleles[0] == one.alleles[1]:
            counts[f"{kind}_hom"] += 1
        else:
            counts[f"{kind}_het" if 0 in one.alleles else f"{kind}_het_alt"] += 1
    return dict(sorted(counts.items()))
