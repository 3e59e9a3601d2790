"""The released caller on the demo data: from the BAM to a VCF that holds the person's variants."""

import json
from pathlib import Path

import pytest

from seqcnn.api.call_variants import call_variants
from seqcnn.api.calling_inputs import released_model
from seqcnn.api.compare import compare
from seqcnn.errors import InputError
from seqcnn.training.bundle import read_card

DEMO = Path(__file__).parents[2] / "data" / "demo"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEQCNN_CACHE", str(tmp_path))


def test_the_demo_sample_is_called_nearly_without_error(tmp_path: Path) -> None:
    reference, out = DEMO / "caller.fa.gz", tmp_path / "demo.vcf.gz"
    call_variants(DEMO / "caller.bam", reference, out=out, threads=1)
    found = compare(
        DEMO / "caller_truth.vcf.gz",
        out,
        reference=reference,
        confident=DEMO / "caller_confident.bed",
        pass_only=True,
    )
    snp, indel = found.row("SNP"), found.row("INDEL")
    assert (snp.tp_truth, snp.fn, snp.fp) == (76, 0, 0)
    # 42 of 44, with room for another processor's rounding.
    assert indel.tp_truth >= 40
    assert indel.fp <= 4


def test_the_released_card_says_what_it_is_and_nothing_of_where_it_was_made() -> None:
    card = read_card(released_model("illumina"))
    assert card["encoder"]["preset"] == "illumina"
    assert "simulated reads alone" in card["note"]
    assert "/" not in json.dumps(card["task"]["settings"]["reference"])


def test_a_preset_without_a_released_model_says_how_to_get_one() -> None:
    with pytest.raises(InputError, match="no model for ont reads is released"):
        released_model("ont")
