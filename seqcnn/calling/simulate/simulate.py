"""A whole simulation: plan, variants, parts in processes, one sorted BAM and its truth."""

import json
import multiprocessing
import os
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from hashlib import md5
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pysam

from seqcnn.atomic import whole_file, write_text
from seqcnn.calling.simulate.align import Mapper, save_index
from seqcnn.calling.simulate.drawn import draw_variants
from seqcnn.calling.simulate.part import Outcome, Part, Run, simulate_part
from seqcnn.calling.simulate.plan import Stretch, chosen_regions, stretches, uncalled
from seqcnn.calling.simulate.spectrum import BUILT_IN, Spectrum
from seqcnn.calling.simulate.truth import read_truth
from seqcnn.calling.simulate.variants import Phased
from seqcnn.calling.simulate.write import write_bed, write_truth
from seqcnn.data.genome import Genome
from seqcnn.data.intervals import read_bed
from seqcnn.data.regions import subtract
from seqcnn.encoders.dna import decode
from seqcnn.errors import InputError
from seqcnn.settings.simulate import SimulateSettings
from seqcnn.version import __version__

Advance = Callable[[int, int], None]
GROUP = "seqcnn"


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
    pad = int(run.profile.fragment_lengths[-1]) + 50
    pieces = list(stretches(regions, genome, pad))
    if not pieces:
        raise InputError(f"{settings.reference}: nothing but N in the regions; choose others")
    variants, skipped, spectrum = planted(settings, genome, regions)
    run = run._replace(spectrum=spectrum)
    others = _contaminating(settings, genome, pieces, variants, spectrum)
    parts = [
        Part(number, piece.contig, piece.start, piece.end, pad,
             _within(variants, piece, pad), _within(others, piece, pad))
        for number, piece in enumerate(pieces)
    ]  # fmt: skip
    folder = settings.out
    header = bam_header(genome, settings)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".tmp-") as scratch:
        outcomes = _all_parts(settings, run, parts, header, Path(scratch), advance)
        _merge(Path(scratch), [outcome.number for outcome in outcomes], folder / "sample.bam")
    kept = {name: [one for one in found if _inside(one, name, regions)]
            for name, found in variants.items()}  # fmt: skip
    write_truth(folder / "truth.vcf.gz", kept, genome, settings.sample)
    copies = pd.DataFrame(
        [where for outcome in outcomes for where in outcome.copies],
        columns=["contig", "start", "end"],
    )
    confident = _confident(settings, regions, genome, copies)
    write_bed(folder / "confident.bed", confident)
    write_bed(folder / "copies.bed", copies)
    result = {
        "seqcnn": __version__,
        "settings": settings.model_dump(mode="json"),
        "bases": int((regions["end"] - regions["start"]).sum()),
        "confident_bases": int((confident["end"] - confident["start"]).sum()),
        "variants": _count_variants(kept),
        "truth_records_left_out": dict(skipped),
        "pairs": sum(outcome.pairs for outcome in outcomes),
        "records": sum(outcome.records for outcome in outcomes),
        "duplicates_marked": sum(outcome.duplicates for outcome in outcomes),
        "unmapped": sum(outcome.unmapped for outcome in outcomes),
        "copies": len(copies),
        "seconds": round(time.perf_counter() - began, 1),
    }
    write_text(folder / "simulate.json", json.dumps(result, indent=1) + "\n")
    return result


def planted(
    settings: SimulateSettings, genome: Genome, regions: pd.DataFrame
) -> tuple[dict[str, list[Phased]], Counter[str], Spectrum]:
    """The sample's variants by contig, records left out by reason, and the spectrum."""
    random = np.random.default_rng([settings.seed, 1])
    if settings.truth is not None:
        variants, skipped = read_truth(settings.truth, genome, settings.truth_sample, random)
        return variants, skipped, BUILT_IN
    drawn: dict[str, list[Phased]] = {}
    for row in regions.itertuples():
        codes = genome.fetch(str(row.contig), int(row.start), int(row.end))
        drawn.setdefault(str(row.contig), []).extend(
            draw_variants(codes, int(row.start), BUILT_IN, random,
                          density=settings.density, transitions=settings.transitions)
        )  # fmt: skip
    return drawn, Counter(), BUILT_IN


def _contaminating(
    settings: SimulateSettings,
    genome: Genome,
    pieces: list[Stretch],
    variants: dict[str, list[Phased]],
    spectrum: Spectrum,
) -> dict[str, list[Phased]]:
    """Variants of another person: a natural number of own ones, and a third of the sample's."""
    if not settings.contamination:
        return {}
    from seqcnn.calling.simulate.variants import without_conflicts

    random = np.random.default_rng([settings.seed, 2])
    others: dict[str, list[Phased]] = {}
    for piece in pieces:
        codes = genome.fetch(piece.contig, piece.start, piece.end)
        own = draw_variants(codes, piece.start, spectrum, random)
        shared = [one for one in _within(variants, piece, 0) if random.random() < 0.33]
        both = without_conflicts(shared + own)[0]
        others.setdefault(piece.contig, []).extend(both)
    return others


def _within(variants: dict[str, list[Phased]], piece: Stretch, reach: int) -> list[Phased]:
    return [one for one in variants.get(piece.contig, [])
            if one.pos >= piece.start and one.end <= piece.end + reach]  # fmt: skip


def _inside(variant: Phased, contig: str, regions: pd.DataFrame) -> bool:
    here = regions[regions["contig"] == contig]
    return bool(((here["start"] <= variant.pos) & (here["end"] >= variant.end)).any())


def bam_header(genome: Genome, settings: SimulateSettings) -> dict[str, Any]:
    """The header of the BAM: contigs with MD5, the read group, the program."""
    contigs = []
    for name, length in genome.length_of.items():
        digest = md5(usedforsecurity=False)
        for begin in range(0, length, 1 << 22):
            digest.update(
                decode(genome.fetch(name, begin, min(length, begin + (1 << 22)))).encode()
            )
        contigs.append({"SN": name, "LN": length, "M5": digest.hexdigest()})
    platform = {"illumina": "ILLUMINA", "hifi": "PACBIO", "ont": "ONT"}[settings.preset]
    return {
        "HD": {"VN": "1.6", "SO": "coordinate"},
        "SQ": contigs,
        "RG": [{"ID": GROUP, "SM": settings.sample, "LB": "simulated", "PL": platform}],
        "PG": [{"ID": "seqcnn", "PN": "seqcnn", "VN": __version__, "CL": "seqcnn simulate"}],
    }


def _all_parts(
    settings: SimulateSettings,
    run: Run,
    parts: list[Part],
    header: dict[str, Any],
    scratch: Path,
    advance: Advance,
) -> list[Outcome]:
    processes = min(settings.processes or os.cpu_count() or 1, len(parts))
    advance(0, len(parts))
    start = (str(settings.reference), settings.preset, header, run, str(scratch), settings.md)
    outcomes = []
    for outcome in _mapped(processes, start, parts, scratch):
        outcomes.append(outcome)
        advance(len(outcomes), len(parts))
    return sorted(outcomes, key=lambda one: one.number)


def _mapped(
    processes: int, start: tuple[Any, ...], parts: list[Part], scratch: Path
) -> Iterator[Outcome]:
    if processes == 1:
        _begin(*start, index=None)
        yield from map(_one, parts)
        return
    index = str(scratch / "reference.mmi")
    save_index(start[0], start[1], index)
    with ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), _begin, (*start, index)
    ) as pool:
        yield from pool.map(_one, parts)


_state: dict[str, Any] = {}


def _begin(
    reference: str,
    preset: str,
    header: dict[str, Any],
    run: Run,
    scratch: str,
    md: bool,
    index: str | None,
) -> None:
    """Load what every part of this process needs."""
    _state["genome"] = Genome(reference)
    _state["run"], _state["scratch"] = run, Path(scratch)
    longest = int(run.profile.fragment_lengths[-1]) + 200
    _state["mapper"] = Mapper(
        index or reference, preset, pysam.AlignmentHeader.from_dict(header), GROUP,
        longest_fragment=longest, md=md,
    )  # fmt: skip


def _one(part: Part) -> Outcome:
    place = _state["scratch"] / f"{part.number}.bam"
    return simulate_part(_state["run"], part, _state["genome"], _state["mapper"], place)


def _merge(scratch: Path, numbers: list[int], out: Path) -> None:
    """One BAM of the parts' sorted BAMs, and its index."""
    listed = scratch / "parts.txt"
    listed.write_text("".join(f"{scratch / f'{number}.bam'}\n" for number in numbers))
    with whole_file(out) as temporary, whole_file(Path(f"{out}.bai")) as index:
        pysam.merge("-f", "-c", "-p", "--no-PG", "-b", str(listed), str(temporary))
        pysam.index("-o", str(index), str(temporary))


def _confident(
    settings: SimulateSettings, regions: pd.DataFrame, genome: Genome, copies: pd.DataFrame
) -> pd.DataFrame:
    kept = subtract(regions, uncalled(regions, genome))
    if settings.confident is not None:
        given = read_bed(settings.confident)[["contig", "start", "end"]]
        kept = subtract(kept, subtract(kept, given))
    if not settings.confident_copies and len(copies):
        kept = subtract(kept, copies)
    return kept


def _count_variants(variants: dict[str, list[Phased]]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for one in (one for found in variants.values() for one in found):
        kind = "snp" if one.is_snp else "indel"
        zygosity = "hom" if one.alleles[0] == one.alleles[1] else "het"
        counts[
            f"{kind}_{'het_alt' if 0 not in one.alleles and zygosity == 'het' else zygosity}"
        ] += 1
    return dict(sorted(counts.items()))
