"""The parts of a simulation, shared out over processes, and their BAMs made one."""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pysam

from seqcnn.atomic import whole_file
from seqcnn.calling.simulate.align import Mapper, load_mappy, save_index
from seqcnn.calling.simulate.bwa import BwaMapper, index_bwa
from seqcnn.calling.simulate.part import Outcome, Part, Run, simulate_part
from seqcnn.calling.simulate.variants import Codes
from seqcnn.data.genome import Genome
from seqcnn.encoders.dna import decode
from seqcnn.settings.simulate import SimulateSettings

Advance = Callable[[int, int], None]
GROUP = "seqcnn"  # the read group


class Setup(NamedTuple):
    """What a process needs before its first part; small, as it is sent to each."""

    reference: str
    mapped_to: str  # FASTA, minimap2's index, or the prefix of bwa's
    preset: str
    aligner: str
    header: dict[str, Any]
    run: Run
    scratch: str
    md: bool


def all_parts(
    settings: SimulateSettings,
    run: Run,
    parts: list[Part],
    header: dict[str, Any],
    scratch: Path,
    advance: Advance,
) -> list[Outcome]:
    """Simulate every part into `scratch`, as 0.bam, 1.bam and so on; what each gave, in order."""
    processes = min(settings.processes or os.cpu_count() or 1, len(parts))
    if settings.aligner == "minimap2":
        load_mappy()
    mapped_to = str(settings.reference)
    paralogs = [copy.listed for part in parts for copy in part.copies if copy.listed is not None]
    if paralogs:
        mapped_to = str(scratch / "reference.fa")
        _write_reference(Path(mapped_to), Genome(settings.reference), paralogs)
    if settings.aligner == "bwa":
        index_bwa(Path(mapped_to), scratch / "bwa")
        mapped_to = str(scratch / "bwa")
    elif processes > 1:
        save_index(mapped_to, settings.preset, str(scratch / "reference.mmi"))
        mapped_to = str(scratch / "reference.mmi")
    setup = Setup(
        str(settings.reference), mapped_to, settings.preset, settings.aligner, header, run,
        str(scratch), settings.md,
    )  # fmt: skip
    advance(0, len(parts))
    outcomes = []
    for outcome in _mapped(processes, setup, parts):
        outcomes.append(outcome)
        advance(len(outcomes), len(parts))
    return outcomes


def _mapped(processes: int, setup: Setup, parts: list[Part]) -> Iterator[Outcome]:
    if processes == 1:
        _begin(setup)
        yield from map(_one, parts)
        _state.clear()
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _begin, (setup,)) as pool:
        yield from pool.map(_one, parts)


def _write_reference(path: Path, genome: Genome, paralogs: list[Codes]) -> None:
    """The reference with the paralogs as contigs of their own, for the aligner alone."""
    with path.open("w") as opened:
        for name, length in genome.length_of.items():
            opened.write(f">{name}\n")
            for begin in range(0, length, 1 << 22):
                opened.write(decode(genome.fetch(name, begin, min(length, begin + (1 << 22)))))
            opened.write("\n")
        for number, codes in enumerate(paralogs):
            opened.write(f">seqcnn_paralog_{number}\n{decode(codes)}\n")


_state: dict[str, Any] = {}


def _begin(setup: Setup) -> None:
    """Load what every part of this process needs."""
    scratch = Path(setup.scratch)
    _state.update(genome=Genome(setup.reference), run=setup.run, scratch=scratch)
    lengths = setup.run.profile.fragment_lengths
    header = pysam.AlignmentHeader.from_dict(setup.header)
    if setup.aligner == "bwa":
        _state["mapper"] = BwaMapper(
            Path(setup.mapped_to), header, GROUP, scratch=scratch, md=setup.md,
            fragments=(float(lengths[1:100].mean()), float(lengths[1:100].std())),
        )  # fmt: skip
        return
    longest = max(500, int(lengths[-1]) + 200)
    _state["mapper"] = Mapper(
        setup.mapped_to, setup.preset, header, GROUP, longest_fragment=longest, md=setup.md
    )


def _one(part: Part) -> Outcome:
    place = _state["scratch"] / f"{part.number}.bam"
    return simulate_part(_state["run"], part, _state["genome"], _state["mapper"], place)


def merge_parts(scratch: Path, number: int, out: Path) -> None:
    """One BAM of the parts' sorted BAMs, and its index."""
    listed = scratch / "parts.txt"
    listed.write_text("".join(f"{scratch / f'{part}.bam'}\n" for part in range(number)))
    with whole_file(out) as temporary, whole_file(Path(f"{out}.bai")) as index:
        pysam.merge("-f", "-c", "-p", "--no-PG", "-b", str(listed), str(temporary))
        pysam.index("-o", str(index), str(temporary))
