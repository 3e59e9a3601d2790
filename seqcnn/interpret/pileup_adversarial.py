"""The fewest changes to a pileup that flip its call (after Szegedy et al. 2013, arXiv 1312.6199).

Base calls at the site are changed in the reads, and all that the caller reads is drawn anew; cells
are changed in the picture alone, and only its network is asked.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from seqcnn.calling.explain_basis import FragmentEffect
from seqcnn.calling.explain_case import Case
from seqcnn.calling.explain_redraw import Fragment, with_allele
from seqcnn.calling.explain_voices import Deciding, Scaled, Voice
from seqcnn.calling.images import PileupImages, network_input
from seqcnn.encoders import deepvariant, pileup_rows
from seqcnn.interpret.pileup_noise import BASES

TRIED = 32  # of the changes that the gradient favours, each step
POOR = 12  # value of a base quality of 2

Pixels = npt.NDArray[np.uint8]  # (H, W, C)


class Cell(NamedTuple):
    """A pixel that was changed: another base, or a quality of 2."""

    row: int
    column: int
    what: str


class Cells(NamedTuple):
    """Cells changed, the picture then, and the class number that its network gives it."""

    cells: tuple[Cell, ...]
    picture: Pixels
    becomes: int
    flipped: bool


def fewest_base_calls(
    case: Case, fragments: Sequence[Fragment], effects: Sequence[FragmentEffect]
) -> tuple[int, str] | None:
    """How many fragments must show another allele at the site, and the genotype then.

    Reference and first allele are exchanged, one way or the other, the fragments with the largest
    effects first; None at sites of other than substitutions, or where all do not suffice.
    """
    site = case.candidates.sites[0]
    if len(site.ref) > 1 or any(len(alt) > 1 for alt in site.alts):
        return None
    ways = {"reference": 1, f"{site.ref}>{site.alts[0]}": 0}
    best: tuple[int, str] | None = None
    for shown, allele in ways.items():
        chosen = [number for number, one in enumerate(effects) if one.shows == shown]
        chosen.sort(key=lambda number: -effects[number].effect)
        keys = np.array([fragments[number].key for number in chosen], np.uint64)
        most = len(keys) if best is None else best[0] - 1
        for number in range(1, min(len(keys), most) + 1):
            images = {}
            what, of = with_allele(case.prepared, case.candidates, keys[:number], allele)
            for name, voice in case.voices.by_name.items():
                images[name] = voice.images.draw(*what, of).images[case.image][None]
            said = int(case.voices.answer(images, case.possible).calibrated[0].argmax())
            if said != case.genotype:
                best = number, case.genotypes[said][0]
                break
    return best


def fewest_cells(case: Case, most: int) -> Cells:
    """Change cells of the picture, not those over the site, until its network says another
    genotype than it does; at each step the best of those that the gradient favours.

    Raises:
        ValueError: the caller reads no pictures.
    """
    if "picture" not in case.voices.by_name:
        raise ValueError("no network here reads pictures")
    voice = case.voice("picture")
    picture = case.images["picture"].copy()
    genotype = int(_best(voice, picture[None], case.possible)[0])
    deciding = picture_alone(voice, case.possible, genotype)
    cells: list[Cell] = []
    for _ in range(most):
        tried = _favoured(deciding, picture, voice.images, cells)
        if not tried:
            break
        changed = np.stack([_changed(picture, cell, voice.images) for cell in tried])
        said = deciding.values({"picture": picture_input(voice, changed)})
        number = int(said.argmin())
        picture = changed[number]
        cells.append(tried[number])
        becomes = int(_best(voice, picture[None], case.possible)[0])
        if becomes != genotype:
            return Cells(tuple(cells), picture, becomes, True)
    return Cells(tuple(cells), picture, genotype, False)


def picture_alone(voice: Voice, possible: list[bool], genotype: int) -> Deciding:
    """The picture's network as if it were alone."""
    own = Deciding({"picture": voice}, Scaled(1.0, (0.0,) * len(possible)), possible, genotype)
    return own.to(next(voice.parameters()).device).eval()


def picture_input(voice: Voice, pictures: npt.NDArray[np.number]) -> Tensor:
    """What the network reads of pictures (n, H, W, C), 0 to 254."""
    return network_input(torch.tensor(pictures, device=next(voice.parameters()).device))


def _best(voice: Voice, pictures: Pixels, possible: list[bool]) -> npt.NDArray[np.int64]:
    with torch.inference_mode():
        logits = voice(picture_input(voice, pictures)).cpu().numpy()
    return np.where(possible, logits, -np.inf).argmax(1)


def gradient_of(deciding: Deciding, picture: Pixels) -> npt.NDArray[np.float64]:
    """(H, W, C) log-odds a unit of the pixels' own scale, 0 to 254."""
    voice = deciding.voices["picture"]
    x = network_input(torch.tensor(picture[None], device=next(voice.parameters()).device))
    x.requires_grad_()
    with torch.enable_grad():
        (found,) = torch.autograd.grad(deciding({"picture": x}).sum(), x)
    return np.asarray(found[0].permute(1, 2, 0).double().cpu().numpy() / 254)


def _favoured(
    deciding: Deciding, picture: Pixels, images: PileupImages, taken: Sequence[Cell]
) -> list[Cell]:
    """Changes by which the log-odds fall most, as far as the gradient tells."""
    gradient = gradient_of(deciding, picture)
    names = images.channels
    base, quality = names.index("read base"), names.index("base quality")
    open_cells = np.isin(picture[:, :, base], BASES)
    open_cells[images.picture_rows :] = False
    open_cells[: deepvariant.REFERENCE_ROWS if images.encoder == "deepvariant" else 0] = False
    open_cells[:, images.columns // 2] = False
    for cell in taken:
        open_cells[cell.row, cell.column] = False
    found: list[tuple[float, Cell]] = []
    for what, letter in [*zip("ACGT", BASES, strict=True), ("poor", POOR)]:
        if what == "poor":
            change = gradient[:, :, quality] * (POOR - picture[:, :, quality].astype(float))
            allowed = open_cells & (picture[:, :, quality] > POOR)
        else:
            after = _differences(picture, letter, images)
            place = _difference_channel(images)
            change = gradient[:, :, base] * (letter - picture[:, :, base].astype(float))
            change += gradient[:, :, place] * (after - picture[:, :, place].astype(float))
            allowed = open_cells & (picture[:, :, base] != letter)
        change = np.where(allowed, change, np.inf)
        for at in np.argsort(change, axis=None)[:TRIED].tolist():
            row, column = divmod(at, change.shape[1])
            if np.isfinite(change[row, column]):
                found.append((float(change[row, column]), Cell(row, column, what)))
    return [cell for _, cell in sorted(found)[:TRIED]]


def _difference_channel(images: PileupImages) -> int:
    deep = images.encoder == "deepvariant"
    return images.channels.index("differs from reference" if deep else "difference")


def _differences(picture: Pixels, letter: int, images: PileupImages) -> npt.NDArray[np.float64]:
    """(H, W) what the channel of differences says where a read shows `letter`."""
    names = images.channels
    deep = images.encoder == "deepvariant"
    reference = (
        picture[:1, :, names.index("read base")]
        if deep
        else picture[:, :, names.index("reference base")]
    )
    now = picture[:, :, _difference_channel(images)]
    compared = np.where(reference == letter, pileup_rows.SAME, pileup_rows.MISMATCH)
    aligned = np.isin(now, (pileup_rows.SAME, pileup_rows.MISMATCH))
    return np.asarray(np.where(aligned, compared, now), np.float64)


def _changed(picture: Pixels, cell: Cell, images: PileupImages) -> Pixels:
    new, names = picture.copy(), images.channels
    at = cell.row, cell.column
    if cell.what == "poor":
        new[(*at, names.index("base quality"))] = POOR
        return new
    letter = BASES["ACGT".index(cell.what)]
    new[(*at, _difference_channel(images))] = _differences(picture, letter, images)[at]
    new[(*at, names.index("read base"))] = letter
    return new
