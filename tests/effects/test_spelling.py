"""Equal changes of a sequence, spelled in every way a VCF can, against brute force."""

import numpy as np
import pytest

from seqcnn.data.genome import Genome
from seqcnn.effects.spelling import normalised


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
