"""Explain a position: why it is, or is not, called."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from seqcnn.api import folder as files
from seqcnn.api.calling_inputs import Calling, open_calling
from seqcnn.api.out_file import require_room
from seqcnn.atomic import whole_file, write_text
from seqcnn.calling.caller import Caller
from seqcnn.calling.explain import explain_position
from seqcnn.calling.explain_voices import Voices
from seqcnn.calling.explained import Explained, Question
from seqcnn.errors import InputError
from seqcnn.report.explanation import explanation_dict, explanation_text
from seqcnn.settings import resolve
from seqcnn.settings.explain import ExplainSettings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# A contig's name may hold colons: the last number is the position.
POSITION = re.compile(
    r"(?P<place>.+:[0-9][0-9,]*)(?::(?P<ref>[A-Za-z]+)>(?P<alt>[A-Za-z]+))?", re.ASCII
)


@dataclass(frozen=True)
class Explanation(Explained):
    """What happened at a position (see `Explained`); `str()` is the text for the terminal."""

    def __str__(self) -> str:
        return explanation_text(self)

    @property
    def has_figure(self) -> bool:
        """Whether there is anything to draw."""
        drawn = len(self.drawn.images) and self.at.fragments
        return bool(drawn and self.settings.images.pictures)

    def figure(self, image: int = 0) -> "Figure":
        """The site's image channel by channel; with scheme "pairs" a site has several images.

        Raises:
            ValueError: nothing lies at the position that could be drawn, or the model reads no
                pictures.
        """
        from seqcnn.report.pileup_figure import pileup_figure

        if not self.settings.images.pictures:
            raise ValueError("the model reads counts of fragments: there is no picture to draw")
        if not self.has_figure:
            raise ValueError("no usable fragment lies at the position: there is nothing to draw")
        return pileup_figure(self, image)

    def occlusion_figure(self, image: int = 0) -> "Figure":
        """What becomes of the call without each fragment, column, channel and group of counts.

        Raises:
            ValueError: it was not asked what the call rests on, or nothing could be judged.
        """
        from seqcnn.report.pileup_occlusion_figure import occlusion_figure

        self._require_basis(image)
        return occlusion_figure(self, image)

    def gradients_figure(self, image: int = 0) -> "Figure":
        """Integrated gradients of the call, a map a channel, and those of the counts.

        Raises:
            ValueError: it was not asked what the call rests on, or nothing could be judged.
        """
        from seqcnn.report.pileup_gradients_figure import gradients_figure

        self._require_basis(image)
        return gradients_figure(self, image)

    def _require_basis(self, image: int) -> None:
        if image >= len(self.bases):
            raise ValueError(
                "nothing is known of what this call rests on: explain it with occlusion=True, at a "
                "position where a fragment lies"
            )

    def to_dict(self) -> dict[str, Any]:
        """All numbers, for JSON; positions are 1-based, as in VCF."""
        return explanation_dict(self)


def explain(
    bam: Path | str,
    position: str,
    reference: Path | str | None = None,
    *,
    config: Path | None = None,
    quiet: bool = True,
    **flags: Any,
) -> Explanation:
    """Explain as `seqcnn explain` does; keyword arguments are its settings (`ExplainSettings`).

    `position` is 1-based, as in `chr20:10,001,436` or, for one allele, `chr20:10001436:A>G`. The
    record is that of `call_variants` over the whole contig with the same model and thresholds.
    With `out`, or `occlusion=True`, `bases` says what the answer rests on.

    Raises:
        InputError: a file or setting cannot be used, or the position is none.
    """
    given = {**flags, "bam": Path(bam), "position": position}
    if reference is not None:
        given["reference"] = Path(reference)
    settings = resolve(ExplainSettings, config, given, {})
    where, ref, alt = parse_position(settings.position)
    if settings.out is not None:
        require_room(settings.out)
    calling = _open(settings, where, Console(quiet=quiet, stderr=True, highlight=False))
    region = calling.regions[0]
    length = calling.reference.length_of[region.contig]
    if region.start >= length:
        raise InputError(
            f"position {where}: is beyond the reference's '{region.contig}', which is {length:,} bp"
        )
    # Told without being asked only where files are written, since it takes longer than the rest.
    weigh = settings.occlusion and (settings.out is not None or bool(flags.get("occlusion")))
    found = explain_position(
        calling.alignments,
        calling.reference,
        Caller(calling.card, cascade=settings.cascade),
        calling.settings,
        Question(region.contig, region.start, ref, alt),
        min_quality=settings.min_quality,
        voices=Voices(calling.card.path, cascade=settings.cascade) if weigh else None,
    )
    explanation = Explanation(**{field.name: getattr(found, field.name) for field in fields(found)})
    if settings.json_out is not None:
        files.write_json(settings.json_out, explanation.to_dict())
    if settings.out is not None:
        files.make_folder(settings.out)
        write_explanation(explanation, settings.out)
    return explanation


def parse_position(text: str) -> tuple[str, str | None, str | None]:
    """`contig:position` and the alleles, upper-case, of `contig:position[:REF>ALT]`.

    Raises:
        InputError: it is written in another way.
    """
    found = POSITION.fullmatch(text.strip())
    if found is None:
        raise InputError(
            f"position '{text}': wanted one position such as chr20:10001436, or one with an allele "
            "such as chr20:10001436:A>G"
        )
    ref, alt = found["ref"], found["alt"]
    return found["place"], ref and ref.upper(), alt and alt.upper()


def write_explanation(explanation: Explanation, folder: Path) -> list[Path]:
    """Write text, JSON and up to three PNG an image; returns their paths."""
    name = f"{explanation.question.contig}_{explanation.question.pos + 1}"
    stem = re.sub(r"[^\w.-]", "_", name)
    paths = [folder / f"{stem}.txt", folder / f"{stem}.json"]
    write_text(paths[0], f"{explanation}\n")
    files.write_json(paths[1], explanation.to_dict())
    figures: dict[str, Callable[[int], Figure]] = {}
    if explanation.has_figure:
        figures[""] = explanation.figure
    if explanation.bases:
        figures |= {
            "_occlusion": explanation.occlusion_figure,
            "_gradients": explanation.gradients_figure,
        }
    if not figures:
        return paths
    from seqcnn.report.pileup_figure import write_png

    for image in range(len(explanation.drawn.images)):
        number = f"_{image + 1}" if image else ""
        for kind, draw in figures.items():
            path = folder / f"{stem}{number}{kind}.png"
            with whole_file(path) as temporary:
                write_png(draw(image), temporary)
            paths.append(path)
    return paths


def _open(settings: ExplainSettings, where: str, console: Console) -> Calling:
    try:
        return open_calling(settings, [where], console)
    except InputError as error:
        # The position is checked as a region is, but nobody has passed one.
        raise InputError(str(error).replace("--regions ", "position ", 1)) from None
