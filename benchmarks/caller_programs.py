"""Call sets of `caller_accuracy.py`: each caller run on a set, kept by what it was run with."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import which

import pysam
from caller_oracle import write_oracle
from caller_sets import CallSet

from seqcnn.api.calling_inputs import released_model
from seqcnn.errors import InputError

VERSION = 1  # raise it when programs are run in another way
BCFTOOLS_PROFILES = {"hifi": ["-X", "pacbio-ccs"], "ont": ["-X", "ont"], "illumina": []}
PROGRAMS = ("bcftools", "freebayes", "bwa", "samtools", "art_illumina")
FILTERED = 20  # QUAL of the second row of each program


class NotThere(Exception):
    """There is no model for this row; it is left out."""


@dataclass(frozen=True)
class Called:
    """A row's calls: `pass_only` says whether its filters count."""

    caller: str
    calls: Path
    pass_only: bool


class Programs:
    """Runs the callers, and keeps what does not depend on the model.

    Args:
        cache: folder of calls; a file is named by what it was made with.
        models: bundles by row ("seqcnn", "counts") and by preset ("hifi", "ont").
        threads: processes of seqcnn; the other programs have one.
    """

    def __init__(self, cache: Path, models: dict[str, Path | None], threads: int) -> None:
        self.cache, self.models, self.threads = cache, models, threads
        self._made: set[Path] = set()
        cache.mkdir(parents=True, exist_ok=True)

    def called(self, one: CallSet) -> list[Called]:
        """All rows of a set; those without a model and those that fail are left out."""
        rows: list[Called] = []
        for caller in one.callers:
            try:
                rows += getattr(self, f"_{caller}")(one)
            except NotThere:
                continue
            except (RuntimeError, subprocess.CalledProcessError, InputError, OSError) as error:
                print(f"{one.name}, {caller}: failed: {error}", file=sys.stderr)
        return rows

    def _seqcnn(self, one: CallSet) -> list[Called]:
        return [self._by_model("seqcnn", one, self.model_for(one))]

    def _counts(self, one: CallSet) -> list[Called]:
        model = self.models.get("counts")
        if model is None or one.preset != "illumina":
            raise NotThere
        return [self._by_model("counts only", one, model)]

    def model_for(self, one: CallSet) -> Path:
        """The bundle of the seqcnn row: the given one, else the released one."""
        model = self.models.get("seqcnn" if one.preset == "illumina" else one.preset)
        if model is not None:
            return model
        try:
            return released_model(one.preset)
        except InputError:
            raise NotThere from None

    def _by_model(self, caller: str, one: CallSet, model: Path) -> Called:
        digest = hashlib.sha256(model.read_bytes()).hexdigest()[:12]

        def call(out: Path) -> None:
            words = [
                *(sys.executable, "-m", "seqcnn", "call-variants", one.bam, "--model", model),
                *("--reference", one.reference, "--regions", self._bed(one), "--out", out),
                *("--threads", self.threads, "--include-ref-calls", "--no-resume"),
            ]
            _run([str(word) for word in words])

        # The package's own code may have changed since: its calls are of this run.
        return Called(caller, self._kept(one, f"{caller.split()[0]}-{digest}", call, True), True)

    def _oracle(self, one: CallSet) -> list[Called]:
        model = self.model_for(one)

        def write(out: Path) -> None:
            write_oracle(one, model, self._bed(one), out)

        digest = hashlib.sha256(model.read_bytes()).hexdigest()[:12]
        who = f"oracle-{'all' if one.confident is None else 'confident'}-{digest}"
        return [Called("oracle", self._kept(one, who, write, True), False)]

    def _bcftools(self, one: CallSet) -> list[Called]:
        def call(out: Path) -> None:
            words = ["-f", plain(one.reference, self.cache), "-R", str(self._bed(one))]
            pileup = subprocess.Popen(
                ["bcftools", "mpileup", "-Ou", *words, *BCFTOOLS_PROFILES[one.preset],
                 str(one.bam)],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            subprocess.run(
                ["bcftools", "call", "-mv", "-Oz", "-o", str(out)],
                stdin=pileup.stdout, check=True, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            if pileup.wait():
                raise subprocess.CalledProcessError(pileup.returncode, "bcftools mpileup")
            pysam.tabix_index(str(out), preset="vcf", force=True)

        return self._both(one, "bcftools", call)

    def _freebayes(self, one: CallSet) -> list[Called]:
        def call(out: Path) -> None:
            text = _run(["freebayes", "-f", plain(one.reference, self.cache),
                         "-t", str(self._bed(one)), str(one.bam)])  # fmt: skip
            raw = out.with_suffix("")
            raw.write_bytes(text)
            # Targets are called one by one, in the order of the BED; records may reach back.
            _run(["bcftools", "sort", "-Oz", "-o", str(out), str(raw)])
            pysam.tabix_index(str(out), preset="vcf", force=True)
            os.unlink(raw)

        return self._both(one, "freebayes", call)

    def _both(self, one: CallSet, program: str, call: Callable[[Path], None]) -> list[Called]:
        """The program's calls as they are, and those of QUAL 20 and more."""
        calls = self._kept(one, program, call)

        def keep(out: Path) -> None:
            _run(["bcftools", "view", "-i", f"QUAL>={FILTERED}", "-Oz", "-o", str(out), str(calls)])
            pysam.tabix_index(str(out), preset="vcf", force=True)

        good = self._kept(one, f"{program}-q{FILTERED}", keep)
        return [Called(program, calls, False), Called(f"{program} QUAL>=20", good, False)]

    def _kept(
        self, one: CallSet, who: str, make: Callable[[Path], None], anew: bool = False
    ) -> Path:
        """`make`'s VCF of the set, from before where it is there, unless it shall be made anew."""
        out = self.cache / f"{self._stem(one)}.{who}.vcf.gz"
        if not out.exists() or (anew and out not in self._made):
            partial = out.with_name(f"partial{os.getpid()}.{out.name}")
            make(partial)
            for path in self.cache.glob(f"{partial.name}*"):
                path.rename(path.with_name(path.name.partition(".")[2]))
            self._made.add(out)
        return out

    def _stem(self, one: CallSet) -> str:
        made_with = [VERSION, str(one.bam.parent.name), one.bam.stat().st_size, one.regions,
                     one.preset, one.bam.suffix]  # fmt: skip
        digest = hashlib.sha256(json.dumps(made_with).encode()).hexdigest()[:10]
        return f"{one.name.split(',')[0].replace(' ', '_')}-{digest}"

    def _bed(self, one: CallSet) -> Path:
        bed = self.cache / f"{self._stem(one)}.bed"
        if not bed.exists():
            with pysam.FastaFile(plain(one.reference, self.cache)) as fasta:
                lengths = dict(zip(fasta.references, fasta.lengths, strict=True))
            lines = []
            for region in one.regions:
                contig, colon, span = region.partition(":")
                first, last = span.split("-") if colon else ("1", str(lengths[contig]))
                lines.append(f"{contig}\t{int(first) - 1}\t{last}\n")
            bed.write_text("".join(lines))
        return bed


def plain(reference: Path, folder: Path) -> str:
    """An uncompressed copy with its index, which freebayes and bcftools read."""
    if reference.suffix != ".gz":
        return str(reference)
    copy = folder / reference.name.removesuffix(".gz")
    if not copy.exists():
        with pysam.FastxFile(str(reference)) as records, copy.open("w") as out:
            for record in records:
                out.write(f">{record.name}\n{record.sequence}\n")
        pysam.faidx(str(copy))
    return str(copy)


def version_of(program: str) -> str:
    """What a program says of its version, on one line."""
    if which(program) is None:
        return f"{program}: not installed (benchmarks/setup_callers.sh)"
    words = [program] if program in ("bwa", "art_illumina") else [program, "--version"]
    done = subprocess.run(words, capture_output=True, check=False)
    lines = (done.stdout + done.stderr).decode(errors="replace").splitlines()
    told = [line for line in lines if "ersion" in line or line.startswith(program)]
    return f"{program}: {told[0].strip() if told else 'unknown version'}"


def _run(words: list[str]) -> bytes:
    done = subprocess.run(words, capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise RuntimeError(f"{words[0]}: {said[-1] if said else 'failed'}")
    return done.stdout
