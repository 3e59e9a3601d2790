"""Score variants: from a VCF to what each does to each track."""

import hashlib
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from seqcnn.api.interpret.inputs import chosen_tracks, require_sequences
from seqcnn.api.model import Model, load
from seqcnn.api.out_file import refuse_input
from seqcnn.api.score_variants_background import BackgroundScorer
from seqcnn.api.score_variants_bar import ScoringBar
from seqcnn.api.score_variants_part import Part, ending_of
from seqcnn.api.score_variants_summary import refuse_foreign, summary, units_of
from seqcnn.api.score_variants_text import MANY_TRACKS, TableText, Told, VcfText, frame
from seqcnn.api.score_variants_writer import BlockWriter
from seqcnn.calling.journal import Journal, digest_of, file_identity
from seqcnn.data.aliases import ContigAlias
from seqcnn.data.genome import Genome
from seqcnn.data.variant_stream import VariantStream, open_variant_stream
from seqcnn.effects.alleles import AlleleReader
from seqcnn.effects.score import VariantScorer
from seqcnn.effects.variant_blocks import BlockReader, Scored, scored_blocks
from seqcnn.errors import InputError
from seqcnn.settings import resolve
from seqcnn.settings.score_variants import ScoreVariantsSettings
from seqcnn.tasks.encoding import SequenceEncoding
from seqcnn.training.device_choice import resolve_precision
from seqcnn.training.interrupt import StopRequest, stop_on_signals
from seqcnn.version import __version__

# Settings that say where or how fast, not what; the bundle is known by its weights.
UNTOLD = {"out", "device", "resume", "bundle", "vcf", "genome"}


def score_variants(
    bundle: Path | str | Model,
    vcf: Path | str | None = None,
    genome: Path | str | None = None,
    *,
    config: Path | None = None,
    quiet: bool = True,
    out: Path | str | None = None,
    **flags: Any,
) -> pd.DataFrame | Path:
    """What each variant of a VCF does to each track; keywords are of `ScoreVariantsSettings`.

    Without `out`, a table with a row for each alternative allele and track in the order of the
    file: contig, pos (1-based, as in the VCF), id, ref, alt, track, then `reference`,
    `alternative` and `difference` (logits), the same as values (calibrated probabilities, or the
    signal in its units), `spread`, `ensemble_sd`, `quantile`, `signed_quantile` and `status`. With
    `out`, the file is written, whole or not at all, in constant memory, and its path returned.

    Raises:
        InputError: a file or setting cannot be used.
        SystemExit: a signal stopped the run; the same call again goes on with it.
    """
    named = {"vcf": vcf, "genome": genome, "out": out}
    flags |= {name: Path(value) for name, value in named.items() if value is not None}
    flags["bundle"] = Path(bundle.name or "model") if isinstance(bundle, Model) else Path(bundle)
    settings = resolve(ScoreVariantsSettings, config, flags, {})
    model = bundle
    if not isinstance(model, Model):
        model = load(settings.bundle, device=settings.device, precision=settings.precision)
    console = Console(quiet=quiet, stderr=True, highlight=False)
    return _Run(model, settings, console).result()


class _Run:
    """One run: the model, the genome and the settings, from the first record to the last."""

    def __init__(self, model: Model, settings: ScoreVariantsSettings, console: Console) -> None:
        require_sequences(model)
        assert isinstance(model.encoding, SequenceEncoding)
        self.ending = ending_of(settings.out) if settings.out is not None else ""
        if settings.out is not None:
            inputs = (settings.vcf, settings.background, settings.contig_alias)
            refuse_input(settings.out, [Path(one) for one in inputs if one])
        self.model, self.settings, self.console = model, settings, console
        self.tracks = chosen_tracks(model, settings.track)
        farthest = max(settings.shifts_in_bp, key=abs)
        if abs(farthest) >= model.length // 2:
            raise InputError(
                f"--shifts {farthest}: moves variants out of the window of {model.length} bp; "
                f"wanted less than {model.length // 2} bp either way"
            )
        self.genome = Genome(settings.genome)
        alias = ContigAlias.parse(settings.contig_alias) if settings.contig_alias else None
        self.alleles = AlleleReader(self.genome, settings.ref_mismatch, alias)
        self.reader = BlockReader(
            self.alleles,
            model.length,
            settings.shifts_in_bp,
            settings.max_n,
            settings.batch_size,
        )
        self.scorer = VariantScorer(
            model.networks,
            model.encoding,
            model.target,
            model.calibration,
            self.tracks,
            model.device,
            # Differences are small: a model that predicts in bfloat16 does not score in it.
            resolve_precision(settings.precision, model.device),
            settings.batch_size,
        )

    def result(self) -> pd.DataFrame | Path:
        """The table, or the path of the file that was written."""
        settings = self.settings
        began = time.perf_counter()
        with ExitStack() as stack:
            stream = stack.enter_context(open_variant_stream(settings.vcf))
            stop = stack.enter_context(stop_on_signals())
            bar = ScoringBar(self.console, stream.size)

            def advance(number: int, total: int) -> None:
                bar.background(number, total)
                self._heed(stop)

            background = BackgroundScorer(
                settings.background, self.scorer, self.reader, settings.seed, advance
            )
            part = None
            if settings.out is not None:
                part = stack.enter_context(self._part(settings.out, background.file))
            stack.enter_context(bar)
            stack.enter_context(self.scorer.ready())
            blocks = self.reader.blocks(stream, part.blocks if part else 0)
            # The first records tell whether the VCF fits the genome, before all other work.
            first = list(islice(blocks, 1))
            told = self._told(background, stream, part)
            counts: Counter[str] = part.counts if part is not None else Counter()
            done = self._shown(scored_blocks(self.scorer, chain(first, blocks)), bar, stop)
            if part is None:
                kept = []
                for scored in done:
                    kept.append(scored)
                    counts.update(scored.block.alleles.status)
                found: pd.DataFrame | Path = frame(told, kept)
                refuse_foreign(counts, self.alleles.absent, self.genome, settings.vcf)
            else:
                self._write(part, told, stream, done)
                found = part.out
        for line in summary(counts, self.alleles.absent, self.genome):
            self.console.print(line, soft_wrap=True)
        self.console.print(f"{time.perf_counter() - began:.1f} s")
        return found

    def _shown(
        self, scored: Iterator[Scored], bar: ScoringBar, stop: StopRequest
    ) -> Iterator[Scored]:
        for one in scored:
            yield one
            bar.advance(len(one.block.lines), one.block.read)
            self._heed(stop)

    def _heed(self, stop: StopRequest) -> None:
        if stop.made:
            again = "; run the same command again to go on" if self.settings.out else ""
            self.console.print(f"stopped by a signal{again}", soft_wrap=True)
            raise SystemExit(143)

    def _write(self, part: Part, told: Told, stream: VariantStream, done: Iterator[Scored]) -> None:
        if self.ending in (".tsv", ".tsv.gz", ".parquet"):
            table = TableText(told, digits=9 if self.ending == ".parquet" else 6)
            head, text = table.head(), table.block
        else:
            if len(told.tracks) > MANY_TRACKS:
                self.console.print(
                    f"note: {len(told.tracks)} tracks make long lines of a VCF; choose with "
                    "--track, or write a .tsv.gz",
                    soft_wrap=True,
                )
            if self.ending == ".bcf" and not stream.contigs:
                raise InputError(
                    f"--out {part.out}: {self.settings.vcf} names no contigs in its header, as a "
                    "BCF must; write a .vcf.gz"
                )
            lines = VcfText(told, self._facts())
            head, text = lines.head(stream), lines.block
        if not part.blocks:
            part.write(head)
        with BlockWriter(part, text) as writer:
            for scored in done:
                writer.add(scored)
        try:
            refuse_foreign(part.counts, self.alleles.absent, self.genome, self.settings.vcf)
        except BaseException:
            part.discard()
            raise
        if (note := part.finish()) is not None:
            self.console.print(f"note: {note}", soft_wrap=True)

    def _told(self, scorer: BackgroundScorer, stream: VariantStream, part: Part | None) -> Told:
        background = part.kept_background() if part is not None else None
        if background is None and not scorer.none:
            background = scorer.background(stream)
            if part is not None:
                part.keep_background(background)
        units = units_of(self.model)
        return Told(
            [self.model.outputs[track] for track in self.tracks],
            [units[track] for track in self.tracks],
            background,
            ensemble=len(self.model.networks) > 1,
        )

    def _part(self, out: Path, background: Path | None) -> Part:
        """The output as far as an earlier run of the same inputs and settings has written it."""
        alias = Path(self.settings.contig_alias or "")
        named = (self.settings.vcf, background, alias if alias.is_file() else None)
        files = [path for path in named if path is not None]
        identity = {
            "seqcnn": __version__,
            "settings": self.settings.model_dump(mode="json", exclude=UNTOLD),
            "precision": self.scorer.precision,
            "files": [file_identity(path) for path in files],
            "genome": self.genome.digest,
            "weights": self._weights(),
            "encoding": self.model.encoding.to_dict(),
        }
        path = out.with_name(out.name + ".journal")
        journal = Journal.open(path, digest_of(identity), self.settings.resume)
        for note in journal.notes:
            self.console.print(f"note: {note}", soft_wrap=True)
        return Part(out, self.ending, journal)

    def _weights(self) -> str:
        """SHA-256 of the networks and of how their outputs are read."""
        found = hashlib.sha256()
        for network in self.model.networks:
            for name, tensor in network.state_dict().items():
                found.update(name.encode())
                found.update(tensor.detach().cpu().contiguous().numpy().tobytes())
        found.update(repr((self.model.card.get("calibration"), self.model.target)).encode())
        return found.hexdigest()

    def _facts(self) -> dict[str, str]:
        """What a VCF's header says of the run; nothing that depends on how it was shared out."""
        settings = self.settings
        return {
            "Version": __version__,
            "Bundle": self.model.name,
            "Weights": self._weights()[:16],
            "Genome": self.genome.path.name,
            "GenomeDigest": self.genome.digest[:16],
            "Predictions": f"of {self.model.encoding.words}, {self.model.encoding.averaged}",
            "Shifts": settings.shifts,
            "Background": f"{settings.background}, seed {settings.seed}",
            "RefMismatch": settings.ref_mismatch,
            "MaxN": f"{settings.max_n:g}",
        }
