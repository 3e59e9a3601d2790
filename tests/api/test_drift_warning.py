"""What call-variants says of reads unlike those that its model was trained on."""

from pathlib import Path

import pysam
import pytest

from seqcnn.training.bundle import Bundle, load_bundle

REAL = Path(__file__).parents[3] / "shared/data/variants"


def reads(length: tuple[float, float], quality: tuple[float, float], p50: float) -> dict:
    return {
        "read_length": {"least": length[0], "most": length[1]},
        "base_quality": {"least": quality[0], "most": quality[1]},
        "samples": [{"coverage": {"p50": p50}}],
    }


def with_reads(counting_model: Path, folder: Path, entry: dict) -> Path:
    bundle = load_bundle(counting_model)
    path = folder / "model.safetensors"
    Bundle({**bundle.card, "reads": entry}, bundle.states).save(path)
    return path


def call(seqcnn, sample, model: Path, folder: Path):
    return seqcnn(
        "call-variants", sample.bam, "--reference", sample.reference, "--model", model,
        "--regions", "one", "--threads", "1", "--out", folder / "x.vcf.gz",
    )  # fmt: skip


def test_a_warning_goes_to_stderr_and_into_the_header(
    seqcnn, known_sample, counting_model, tmp_path
):
    model = with_reads(counting_model, tmp_path, reads((148, 151), (38, 40), 24))
    outcome = call(seqcnn, known_sample, model, tmp_path)
    assert outcome.code == 0, outcome.err
    wanted = "read length is 100 bp; the model was trained on 148 to 151 bp"
    assert [line for line in outcome.err.splitlines() if line.startswith(f"warning: {wanted}")]
    with pysam.VariantFile(str(tmp_path / "x.vcf.gz")) as file:
        (line,) = [str(one) for one in file.header.records if one.key == "seqcnn_warnings"]
    assert line.startswith(f"##seqcnn_warnings={wanted}")
    assert "coverage" not in line and "base quality" not in line


def test_reads_as_in_training_give_no_warning(seqcnn, known_sample, counting_model, tmp_path):
    model = with_reads(counting_model, tmp_path, reads((100, 151), (30, 40), 24))
    outcome = call(seqcnn, known_sample, model, tmp_path)
    assert outcome.code == 0, outcome.err
    assert "warning" not in outcome.err
    with pysam.VariantFile(str(tmp_path / "x.vcf.gz")) as file:
        assert "seqcnn_warnings" not in str(file.header)


@pytest.mark.skipif(not REAL.exists(), reason="needs ../shared/data")
@pytest.mark.parametrize(
    "name",
    [
        "illumina_1000G_grch38_chr22_3samples/NA12878.30x.chr22_16570000-16610000.bam",
        "illumina_1000G_grch38_chr22_3samples/NA19401.30x.chr22_16570000-16610000.bam",
        "illumina_NA12878_grch38_chr22_33x/NA12878.30x.GRCh38.chr22_16600000-16800000.bam",
    ],
)
def test_the_installed_model_knows_ordinary_reads(name):
    from seqcnn.api.calling_inputs import released_model
    from seqcnn.calling.caller import read_caller_card
    from seqcnn.calling.drift import drift
    from seqcnn.calling.read_sample import sample_reads
    from seqcnn.data.alignments import open_alignments

    card = read_caller_card(released_model("illumina"))
    with open_alignments(REAL / name) as alignments:
        found = sample_reads(alignments.spec)
    assert found is not None
    assert drift(found, card.reads, card.shares) == []
