"""Held-out simulated samples for `caller_accuracy.py`, built once into a cache folder.

2.8 Mb that no training sample has: chr11:200,001-2,000,000 with drawn variants (rates, sizes and
zygosity of the Platinum variants, twice their density) and hg38 chr21:22-23 Mb with NA12878's own.
The reads have an error profile of their own (`held_out_profile`) and are mapped by bwa. The same
person is also sequenced by another simulator, ART, and its reads are mapped once more to short
contigs, for what happens at ends.
"""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pysam
from caller_profile import held_out_profile

from seqcnn.api.simulate import simulate
from seqcnn.calling.simulate.profile import write_profile

VERSION = 1  # raise it when what this file makes changes
OFFSET = 21_999_999  # the chr21 piece begins here, its variants are of the whole chromosome
DRAWN, GIVEN = "chr11:200001-2000000", "chr21:1-1000001"
QUICK_DRAWN, QUICK_GIVEN = "chr11:400001-600000", "chr21:1-100000"
DEPTHS = (10, 15, 20, 30, 50)
PIECE = 1500  # bp of a short contig
SEED = 5021


@dataclass(frozen=True)
class Sample:
    """A simulated sample: files, and where it is called."""

    folder: Path
    reference: Path
    regions: tuple[str, ...]

    @property
    def bam(self) -> Path:
        return self.folder / "sample.bam"

    @property
    def truth(self) -> Path:
        return self.folder / "truth.vcf.gz"

    @property
    def confident(self) -> Path:
        return self.folder / "confident.bed"

    @property
    def copies(self) -> Path:
        return self.folder / "copies.bed"


class Workshop:
    """Makes samples below `cache` from the data folder; what is there already is taken as it is.

    Args:
        data: the folder with `reference` and `truth`.
        cache: samples are kept here, in folders named by what they were made with.
        quick: 0.3 Mb in place of 2.8 Mb.
        processes: for simulation and alignment.
    """

    def __init__(self, data: Path, cache: Path, *, quick: bool, processes: int) -> None:
        self.data, self.cache, self.processes = data, cache, processes
        self.drawn, self.given = (QUICK_DRAWN, QUICK_GIVEN) if quick else (DRAWN, GIVEN)
        numbers = b"".join(np.asarray(value).tobytes() for value in held_out_profile()[1:])
        self.profile = hashlib.sha256(numbers).hexdigest()[:12]
        self.reference = self._kept("reference", {}, self._make_reference) / "held_out.fa"

    def sample(self, depth: float) -> Sample:
        """Reads of `seqcnn simulate` at this depth; the same person at every depth."""
        folder = self._kept(f"simulated_{depth:g}x", {"depth": depth},
                            lambda out: self._make_sample(out, depth))  # fmt: skip
        return Sample(folder, self.reference, (self.drawn, self.given))

    def art(self) -> Sample:
        """The same person's reads by ART (HiSeq 2500, 2 x 150, 30x), which is not ours."""
        folder = self._kept("art_30x", {}, self._make_art)
        return Sample(folder, self.reference, (self.drawn, self.given))

    def short_contigs(self) -> Sample:
        """The reads of the drawn sequence at 30x, mapped to that sequence cut into contigs."""
        folder = self._kept("short_contigs_30x", {"piece": PIECE}, self._make_short)
        lengths = (folder / "short.fa.fai").read_text().split("\n")
        names = [line.split("\t")[0] for line in lengths if line]
        return Sample(folder, folder / "short.fa", tuple(names))

    def _kept(self, name: str, made_with: dict[str, Any], make: Callable[[Path], None]) -> Path:
        given = {"version": VERSION, "regions": [self.drawn, self.given], "seed": SEED,
                 "profile": self.profile}  # fmt: skip
        text = json.dumps({**given, **made_with}, sort_keys=True)
        folder = self.cache / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"
        if not folder.exists():
            partial = folder.with_name(f".{folder.name}.{os.getpid()}")
            partial.mkdir(parents=True)
            try:
                make(partial)
                partial.rename(folder)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
        return folder

    def _make_reference(self, out: Path) -> None:
        pieces = (("chr11", "chr11_0-2M.fa.gz"), ("chr21", "hg38_chr21_22000000_23000000.fa.gz"))
        with (out / "held_out.fa").open("w") as fasta:
            for contig, name in pieces:
                with pysam.FastxFile(str(self.data / "reference" / name)) as records:
                    sequence = next(iter(records)).sequence
                fasta.write(f">{contig}\n{sequence}\n")
        pysam.faidx(str(out / "held_out.fa"))
        source = self.data / "truth/PG_NA12878_hg38_chr21_22-23M.vcf.gz"
        with gzip.open(source, "rt") as lines, (out / "person.vcf").open("w") as shifted:
            for line in lines:
                if not line.startswith("#"):
                    contig, position, rest = line.split("\t", 2)
                    line = f"{contig}\t{int(position) - OFFSET}\t{rest}"
                elif line.startswith("##contig"):
                    continue
                elif line.startswith("#CHROM"):
                    line = "##contig=<ID=chr21,length=1000001>\n" + line
                shifted.write(line)

    def _make_sample(self, out: Path, depth: float) -> None:
        write_profile(out / "profile.json", held_out_profile())
        person = self.reference.parent / "person.vcf"
        parts = [out / "drawn", out / "given"]
        shared: dict[str, Any] = {
            "coverage": depth, "profile": str(out / "profile.json"), "aligner": "bwa",
            "copies": 0.003, "processes": self.processes,
        }  # fmt: skip
        simulate(self.reference, regions=self.drawn, spectrum=person, density=2.0, seed=SEED,
                 out=parts[0], **shared)  # fmt: skip
        simulate(self.reference, regions=self.given, truth=person, seed=SEED + 1,
                 out=parts[1], **shared)  # fmt: skip
        run("samtools", "merge", "-c", "-p", out / "sample.bam",
            *(part / "sample.bam" for part in parts))  # fmt: skip
        pysam.index(str(out / "sample.bam"))
        run("bcftools", "concat", "-Oz", "-o", out / "truth.vcf.gz",
            *(part / "truth.vcf.gz" for part in parts))  # fmt: skip
        pysam.tabix_index(str(out / "truth.vcf.gz"), preset="vcf", force=True)
        for name in ("confident.bed", "copies.bed"):
            (out / name).write_text("".join((part / name).read_text() for part in parts))
        for part in parts:
            shutil.rmtree(part)

    def _make_art(self, out: Path) -> None:
        person = self.sample(30)
        for name in ("truth.vcf.gz", "truth.vcf.gz.tbi", "confident.bed"):
            shutil.copy(person.folder / name, out / name)
        (out / "copies.bed").write_text("")  # ART's genome has no copies
        cut = run("samtools", "faidx", self.reference, self.drawn, self.given)
        for number in (1, 2):
            haplotype = out / f"haplotype{number}.fa"
            haplotype.write_bytes(
                run("bcftools", "consensus", "-H", number, person.truth, given=cut)
            )
            run("art_illumina", "-q", "-ss", "HS25", "-l", 150, "-p", "-m", 400, "-s", 80, "-f", 15,
                "-na", "-rs", SEED + number, "-d", f"h{number}", "-i", haplotype,
                "-o", out / f"reads{number}_")  # fmt: skip
        for mate in (1, 2):
            with (out / f"mate{mate}.fq").open("wb") as joined:
                for number in (1, 2):
                    joined.write((out / f"reads{number}_{mate}.fq").read_bytes())
        self._map(self.reference, out)

    def _make_short(self, out: Path) -> None:
        from caller_short import cut_truth, write_short

        sample = self.sample(30)
        contig, _, span = self.drawn.partition(":")
        start, end = (int(number) for number in span.split("-"))
        pieces = write_short(self.reference, contig, start - 1, end, PIECE, out / "short.fa")
        cut_truth(sample.truth, contig, pieces, out)
        (out / "copies.bed").write_text("")
        picked = run("samtools", "view", "-u", sample.bam, self.drawn)
        sorted_by_name = run("samtools", "collate", "-Ou", "-", given=picked)
        mates = (
            "-1",
            out / "mate1.fq",
            "-2",
            out / "mate2.fq",
            "-0",
            "/dev/null",
            "-s",
            "/dev/null",
        )
        run("samtools", "fastq", "-n", "-F", "0xD00", *mates, "-", given=sorted_by_name)
        self._map(out / "short.fa", out)

    def _map(self, reference: Path, out: Path) -> None:
        index = out / "index"
        run("bwa", "index", "-p", index, reference)
        group = r"@RG\tID:simulated\tSM:simulated\tPL:ILLUMINA"
        sam = run("bwa", "mem", "-t", self.processes, "-R", group, index, out / "mate1.fq",
                  out / "mate2.fq")  # fmt: skip
        run("samtools", "sort", "-o", out / "sample.bam", "-", given=sam)
        pysam.index(str(out / "sample.bam"))
        for pattern in ("*.fq", "index.*", "haplotype*"):
            for path in out.glob(pattern):
                path.unlink()


def run(*words: object, given: bytes | None = None) -> bytes:
    """What a program writes; RuntimeError with its last line where it fails."""
    command: Sequence[str] = [str(word) for word in words]
    done = subprocess.run(command, input=given, capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise RuntimeError(f"{' '.join(command[:2])}: {said[-1] if said else 'failed'}")
    return done.stdout
