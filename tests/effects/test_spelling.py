"""Equal changes of a sequence, spelled in every way a VCF can, against brute force."""

import numpy as np
import pytest

from seqcnn.data.genome import Genome
from seqcnn.effects.spelling import all_normalised, normalised


def genome_of(tmp_path, sequence: str) -> Genome:
    path = tmp_path / "g.fa"
    path.write_text(f">one\n{sequence}\n")
    return Genome(path)


@pytest.mark.parametrize(
    ("pos", "ref", "alt", "expected"),
    [
        (4, "A", "C", (4, "A", "C")),
        (11, "CAC", "C", (10, "AC", "")),
        (12, "AC", "A", (13, "C", "")),
        (3, "AA", "A", (2, "A", "")),
        (6, "A", "AAA", (2, "", "AA")),
        (2, "AAAAAAC", "AAAAAGC", (7, "A", "G")),
        (0, "GC", "GTC", (1, "", "T")),
    ],
)
def test_shared_bases_go_and_indels_move_left(tmp_path, pos, ref, alt, expected):
    sequence = "GCAAAAAACGACACTTGA"
    assert sequence[pos:].startswith(ref)
    genome = genome_of(tmp_path, sequence)
    assert normalised(genome, 0, pos, ref, alt) == expected


def test_variants_with_the_same_result_get_the_same_spelling(tmp_path):
    random = np.random.default_rng(0)
    sequence = "".join(random.choice(list("AC"), 40)) + "ACG" * 20 + "T" * 80 + "AC" * 9
    genome = genome_of(tmp_path, sequence)
    spelled: dict[str, set] = {}
    for pos in range(len(sequence) - 8):
        for width in (0, 1, 2, 3):
            for bases in ("", "A", "T", "AC", "ACG"):
                ref = sequence[pos : pos + 1 + width]
                alt = sequence[pos] + bases
                if ref == alt:
                    continue
                edited = sequence[:pos] + alt + sequence[pos + len(ref) :]
                found = normalised(genome, 0, pos, ref, alt)
                at, gone, come = found
                assert sequence[:at] + come + sequence[at + len(gone) :] == edited
                if not (gone and come):
                    spelled.setdefault(edited, set()).add(found)
    assert len(spelled) > 200
    assert all(len(ways) == 1 for ways in spelled.values())


def test_an_indel_does_not_move_across_n_or_off_the_contig(tmp_path):
    genome = genome_of(tmp_path, "NNNAAAA")
    assert normalised(genome, 0, 6, "A", "AA") == (3, "", "A")
    genome = genome_of(tmp_path / "..", "AAAA")
    assert normalised(genome, 0, 3, "A", "AA") == (0, "", "A")


def test_many_at_once_are_spelled_as_one_by_one(tmp_path):
    random = np.random.default_rng(1)
    sequence = "NNAA" + "AC" * 50 + "".join(random.choice(list("ACGT"), 60)) + "RTTTTTTN" + "T" * 70
    genome = genome_of(tmp_path, sequence)
    variants = []
    for pos in range(len(sequence) - 6):
        for ref, alt in (
            (sequence[pos], sequence[pos] + "T"),
            (sequence[pos : pos + 3], sequence[pos]),
            (sequence[pos], "".join(random.choice(list("ACGT"), 5))),
            (sequence[pos : pos + 2], "G"),
        ):
            if not set(ref) - set("ACGT"):
                variants.append((pos, ref, alt))
    found = all_normalised(genome, np.zeros(len(variants), np.int64), *zip(*variants, strict=True))
    assert found == [normalised(genome, 0, *variant) for variant in variants]
    moved = [variant[0] - at for (at, _, _), variant in zip(found, variants, strict=True)]
    assert sum(steps > 64 for steps in moved) > 5
