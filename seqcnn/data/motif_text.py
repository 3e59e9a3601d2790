"""Motifs as a user names them: IUPAC letters such as CCGGAAGTR, or a name in a MEME file."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

import numpy as np

from seqcnn.data.motifs import Motif, read_meme
from seqcnn.encoders.dna import Codes, channel_table, encode
from seqcnn.errors import InputError

TIE = 1e-6  # columns of a MEME file are rounded
FORBIDDEN_SHARE = 0.2  # a base with less of its column is no part of the motif


def named_motifs(texts: Sequence[str], path: Path | None, *, flag: str) -> list[Motif]:
    """A motif for each text: of that name in the MEME file `path`, or else its IUPAC letters.

    Raises:
        InputError: neither; names the `flag` that it came from and the nearest name.
    """
    known = {name: motif for motif in read_meme(path) for name in _names(motif)} if path else {}
    found = []
    for text in texts:
        if text in known:
            found.append(known[text])
            continue
        try:
            codes = encode(text)
        except InputError as error:
            near = get_close_matches(text, known, n=1)
            hint = f"did you mean '{near[0]}'?" if near else _advice(path)
            raise InputError(f"{flag} {text}: {error}; {hint}") from None
        if not len(codes):
            raise InputError(f"{flag}: an empty motif; wanted letters such as CACGTG")
        found.append(Motif(text.upper(), channel_table()[:, codes]))
    return found


def _names(motif: Motif) -> list[str]:
    return [name for name in (motif.name, motif.alternative, motif.label) if name]


def _advice(path: Path | None) -> str:
    if path is not None:
        return f"no motif of {path} has this name"
    return "give a name with the MEME file that has it, --motifs FILE"


def drawn_bases(
    motif: Motif, number: int, generator: np.random.Generator, *, likely: bool = True
) -> Codes:
    """Codes uint8 (number, w) of the motif: each column's most likely base, ties drawn evenly, or
    without `likely` a base drawn by its probability.
    """
    shares = motif.probabilities
    if likely:
        best = shares >= shares.max(axis=0) - TIE
        shares = best / best.sum(axis=0)
    steps = np.cumsum(shares, axis=0)
    drawn = generator.random((number, 1, shares.shape[1]))
    return (drawn >= steps[None, :3]).sum(axis=1).astype(np.uint8)


def scrambled(codes: Codes, generator: np.random.Generator) -> Codes:
    """Codes (N, w) with the bases of each row in another order, where there is another."""
    out = generator.permuted(codes, axis=1)
    for _ in range(20):
        same = np.flatnonzero((out == codes).all(axis=1))
        if not len(same):
            break
        out[same] = generator.permuted(codes[same], axis=1)
    return out


def possible_bases(motif: Motif) -> np.ndarray:
    """Bool (4, w): the bases that stand for the motif where it is forbidden or looked for."""
    shares = motif.probabilities
    return shares >= min(FORBIDDEN_SHARE, float(shares.max(axis=0).min()))
