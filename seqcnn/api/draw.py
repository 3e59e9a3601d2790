"""Draw samples' training images ahead of training, a job a sample."""

import os
from pathlib import Path
from typing import Any

from rich.console import Console

from seqcnn.api.folder import write_json
from seqcnn.api.out_file import check_out_file
from seqcnn.api.progress import progress
from seqcnn.calling.drawn_files import Drawn
from seqcnn.calling.labelled_parts import Source
from seqcnn.calling.training_images import draw_training_images
from seqcnn.errors import InputError
from seqcnn.settings import TrainSettings, resolve
from seqcnn.tasks.known_samples import open_sources
from seqcnn.tasks.variants import examine_settings


def draw(*, config: Path | None = None, quiet: bool = True, **flags: Any) -> list[dict[str, Any]]:
    """Draw the images of each BAM alone, for a later `train` with the same `images_folder`.

    Keyword arguments are settings of training (`seqcnn draw --help` has those that matter here),
    and so is what `config` holds. Training then copies what lies there and draws the rest; what it
    learns from is the same to the byte. `out` (JSON) gets what is returned: for each sample and
    share of its fragments the number of images, candidate recall and the profile of its reads.

    Raises:
        InputError: a file cannot be used, or no folder for the images is named.
    """
    settings = resolve(TrainSettings, config, {**flags, "task": "variants"}, {})
    folder = settings.images_folder or os.environ.get("SEQCNN_CACHE")
    if not folder:
        raise InputError(
            "--images-folder is needed: the folder that seqcnn train --images-folder will name"
        )
    if settings.out is None or settings.out.suffix != ".json":
        raise InputError("--out is needed: a .json, for what was drawn")
    check_out_file(settings.out)
    sources, findings = open_sources(settings)
    console = Console(quiet=quiet, stderr=True, highlight=False)
    for finding in findings:
        console.print(f"{finding.level}: {finding.message}", soft_wrap=True)
    shares = [1.0, *settings.downsample]
    pieces = [(share, source) for share in shares for source in sources]
    told = []
    with progress(console, "drawing images", sum(_length(source) for _, source in pieces)) as go:
        for share, source in pieces:
            before = 0

            def advance(done: int, _: int) -> None:
                nonlocal before
                go(done - before)
                before = done

            drawn = draw_training_images(
                [source],
                examine_settings(settings),
                Path(folder),
                shares=[share],
                seed=settings.split_seed,
                processes=settings.processes,
                advance=advance,
            )
            told.append(_told(source, share, drawn))
    write_json(settings.out, told)
    return told


def _length(source: Source) -> int:
    return sum(region.end - region.start for region in source.regions)


def _told(source: Source, share: float, drawn: Drawn) -> dict[str, Any]:
    return {
        "bam": source.alignments.path.name,
        "share": share,
        "images": len(drawn.images),
        "shape": list(drawn.images.shape[1:]),
        "candidate_recall": {
            kind: {"found": found, "of": total} for kind, (found, total) in drawn.recall.items()
        },
        "labels": drawn.why,
        "reads": drawn.reads[0],
    }
