"""Where motifs are planted, checked against the length of the window."""

from seqcnn.data.motifs import Motif
from seqcnn.errors import InputError
from seqcnn.settings.interpret.marginalisation import MarginalisationSettings

PLACES = 100  # of a profile without --step


class Plan:
    """Starts (0-based), copies, steps and spacings in bp.

    Raises:
        InputError: a motif, its copies or the pair do not fit into the window.
    """

    def __init__(
        self,
        length: int,
        settings: MarginalisationSettings,
        motifs: list[Motif],
        second: Motif | None,
    ) -> None:
        self.length, self.motifs, self.second = length, motifs, second
        self.copies = sorted({1, *settings.copies})
        if self.copies[0] < 1:
            raise InputError(f"--copies {self.copies[0]}: wanted 1 or more")
        self.starts = [_start(motif, length, settings) for motif in motifs]
        for motif, start in zip(motifs, self.starts, strict=True):
            _check_copies(motif, start, length, self.copies[-1], settings.gap)
        self.step = settings.step or max(1, round(length / PLACES))
        self.pair_start, self.spacings = 0, list[int]()
        if second is not None:
            self._place_pair(length, settings, motifs[0], second)

    def _place_pair(
        self, length: int, settings: MarginalisationSettings, first: Motif, second: Motif
    ) -> None:
        wanted = _range(settings.spacings)
        widths = _width(first) + _width(second)
        room = length - widths - (settings.at or 0)
        self.spacings = [spacing for spacing in wanted if spacing <= room]
        if not self.spacings:
            raise InputError(
                f"--spacings {settings.spacings}: {first.label} and {second.label} leave room for "
                f"{room} bp between them in the window of {length} bp"
            )
        # The widest pair lies in the middle; the first motif stays there for the others.
        middle = (length - widths - max(self.spacings)) // 2
        self.pair_start = middle if settings.at is None else settings.at


def _width(motif: Motif) -> int:
    return int(motif.probabilities.shape[1])


def _start(motif: Motif, length: int, settings: MarginalisationSettings) -> int:
    width = _width(motif)
    start = (length - width) // 2 if settings.at is None else settings.at
    if start < 0 or start + width > length:
        place = "" if settings.at is None else f" at {start}"
        raise InputError(
            f"--motif {motif.label}: {width} bp{place} are more than the window of {length} bp has"
        )
    return start


def _check_copies(motif: Motif, start: int, length: int, copies: int, gap: int) -> None:
    width = _width(motif)
    whole = copies * width + (copies - 1) * gap
    first = start + width // 2 - whole // 2
    if copies > 1 and (first < 0 or first + whole > length):
        raise InputError(
            f"--copies {copies}: {copies} times {motif.label}, {gap} bp apart, are {whole} bp; "
            f"they leave the window of {length} bp: lower --gap or --copies"
        )


def _range(text: str) -> range:
    words = text.split(":")
    if len(words) in (2, 3) and all(word.strip().isdigit() for word in words):
        low, high, step = (*map(int, words), 1)[:3]
        if low <= high and step > 0:
            return range(low, high + 1, step)
    raise InputError(f"--spacings {text}: wanted LOW:HIGH or LOW:HIGH:STEP in bp, such as 0:60")
