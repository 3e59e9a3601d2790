"""Two tiers judge sites: which one, together how, and calls that do not depend on the cut."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from known_sample import KnownSample

from seqcnn.api.call_variants import call_variants
from seqcnn.api.cascade import join_runs
from seqcnn.api.explain import explain
from seqcnn.calling.caller import Caller, read_caller_card
from seqcnn.calling.cascade import Cascade, joined, possible, settled
from seqcnn.calling.examine import ExamineSettings, examine
from seqcnn.calling.images import PileupImages
from seqcnn.data.call_inputs import open_inputs
from seqcnn.encoders.counts import FEATURES
from seqcnn.errors import InputError
from seqcnn.models import create_model
from seqcnn.training.bundle import Bundle, load_bundle
from seqcnn.training.calibrate import uncalibrated


@pytest.fixture(scope="module")
def counts_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of counts that calls by the share of the first allele alone.

    Shares near 0, 1/2 and 1 are 0/0, 0/1 and 1/1, and those between are in doubt.
    """
    images = PileupImages("counts", rows=1, columns=1)
    settings = ExamineSettings(images=images)
    made = {"name": "counts", "dim": 2, "in_channels": len(FEATURES), "out": 6,
            "arguments": {"width": 0.05}}  # fmt: skip
    network = create_model("counts", dim=2, in_channels=len(FEATURES), out=6, width=0.05)
    with torch.no_grad():
        for name, weights in network.named_parameters():
            weights.fill_(1 if name == "bn.weight" else 0)
        network.bn.running_var.fill_(1 - 1e-2)
        # Minus the squared distance of the share to 0, 1/2 and 1, but for what all have.
        network.fc1.weight[0, FEATURES.index("first: share")] = 1
        network.fc2.weight[0, 0] = 1
        network.fc.weight[:3, 0] = torch.tensor([0.0, 60.0, 120.0])
        network.fc.bias[:] = torch.tensor([0.0, -15.0, -60.0, -99, -99, -99])
    card = {
        "seqcnn": "0.1.0", "created": "2026-11-21T00:00:00", "calibration": None,
        "architecture": made, "task": {"name": "variants"}, "channels": list(FEATURES),
        "outputs": list(images.genotypes),
        "encoder": {"kind": "pileup", **settings.to_dict(), "preset": "illumina"},
    }  # fmt: skip
    path = tmp_path_factory.mktemp("counts") / "counts.safetensors"
    Bundle(card, (network.state_dict(),)).save(path)
    return path


def write_run(folder: Path, model: Path, sample: KnownSample, **changed: object) -> Path:
    """What a run of training leaves behind, as far as it matters."""
    folder.mkdir()
    shutil.copy(model, folder / "model.safetensors")
    encoder = load_bundle(model).card["encoder"]["images"]
    settings = {
        "task": "variants", "bam": [str(sample.bam)], "reference": [str(sample.reference)],
        "truth": [str(sample.truth)], "confident": [str(sample.confident)],
        "val_contigs": ["two"], "test_contigs": ["three"], "processes": 1,
        "encoder": encoder["encoder"], "rows": encoder["rows"], "columns": encoder["columns"],
        **changed,
    }  # fmt: skip
    (folder / "run.yaml").write_text(yaml.safe_dump(settings))
    return folder


@pytest.fixture(scope="module")
def runs(
    counting_model: Path,
    counts_model: Path,
    known_sample: KnownSample,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("runs")
    return (
        write_run(folder / "images", counting_model, known_sample),
        write_run(folder / "counts", counts_model, known_sample),
    )


@pytest.fixture(scope="module")
def both(runs: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("both") / "both.safetensors"
    tiers = join_runs(*runs, path, gq=15)
    assert set(tiers.sites.contig) == {"two"}
    return path


def test_a_site_is_settled_by_the_error_of_its_best_genotype():
    counts = np.array([[0.99, 0.01, 0.0], [0.02, 0.98, 0.0], [0.0, 0.0, 1.0]])
    assert settled(counts, 20).tolist() == [True, False, True]
    assert settled(counts, 1e9).tolist() == [False, False, True]


def test_the_others_are_the_mean_of_both_in_logarithms():
    counts = np.array([[0.9, 0.1], [0.8, 0.2]])
    logs = joined(counts, np.array([[0.2, 0.8]]), np.array([True, False]))
    np.testing.assert_allclose(np.exp(logs), [[0.9, 0.1], [0.5, 0.5]])


def test_genotypes_of_an_allele_that_is_not_there_are_left_out():
    found = possible(np.full((2, 6), 1 / 6), np.array([[1, 0], [1, 2]]))
    np.testing.assert_allclose(found, [[1 / 3] * 3 + [0] * 3, [1 / 6] * 6])


def test_a_cascade_comes_back_from_json():
    cascade = Cascade(20.0, uncalibrated(1, classes=True))
    assert Cascade.from_dict(cascade.to_dict()) == cascade
    with pytest.raises(InputError, match="cascade in this bundle cannot be read"):
        Cascade.from_dict({"gq": "high"})


def test_a_bundle_keeps_its_parts(both, counting_model, counts_model):
    bundle = load_bundle(both)
    own, part = load_bundle(counting_model), load_bundle(counts_model)
    assert bundle.card["parts"]["counts"]["channels"] == part.card["channels"]
    for kept, given in ((bundle, own), (bundle.parts["counts"], part)):
        assert kept.states[0].keys() == given.states[0].keys()
        for name, tensor in given.states[0].items():
            torch.testing.assert_close(kept.states[0][name], tensor, rtol=0, atol=0)


def test_sure_sites_have_no_image_and_the_others_are_judged_by_both(both, known_sample):
    inputs = open_inputs(known_sample.bam, reference=known_sample.reference)
    plain, cascaded = (Caller(read_caller_card(both), cascade=kept) for kept in (False, True))
    settings = cascaded.card.settings
    found = examine(inputs.alignments, inputs.reference, "one", 0, 9000, settings)
    alone, judged = plain.judge(found), cascaded.judge(found)
    assert (alone.images, alone.settled.any()) == (len(found.candidates.sites), False)
    assert 0 < judged.images < alone.images
    assert judged.images == (~judged.settled).sum()
    shares = [site.allele_depths[1] / site.depth for site in found.candidates.sites]
    # The counts' network is in doubt about shares nearer to 1/4 or 3/4 than log(10^1.5) / 60.
    near = np.array([min(abs(share - 0.25), abs(share - 0.75)) for share in shares])
    assert near[judged.settled].min() > 0.05
    assert near[~judged.settled].max() < 0.065
    undrawn = examine(inputs.alignments, inputs.reference, "one", 0, 9000, settings, draw=False)
    assert len(undrawn.drawn.images) == 0
    for one, other in zip(judged.calibrated, cascaded.judge(undrawn).calibrated, strict=True):
        np.testing.assert_array_equal(one, other)


def test_calls_do_not_depend_on_chunks_or_processes(both, known_sample, tmp_path):
    texts = []
    for number, (size, threads) in enumerate([(1000, 1), (3333, 2), (9000, 1)]):
        out = tmp_path / f"{number}.vcf"
        call_variants(
            known_sample.bam, known_sample.reference, model=both, out=out, chunk_size=size,
            threads=threads,
        )  # fmt: skip
        texts.append(out.read_text())
    assert texts[0] == texts[1] == texts[2]
    plain = call_variants(
        known_sample.bam, known_sample.reference, model=both, cascade=False, threads=1
    )
    whole = call_variants(known_sample.bam, known_sample.reference, model=both, threads=1)
    assert 0 < whole.counts["images"] < plain.counts["images"] == plain.counts["candidates"]


def test_without_the_cascade_the_calls_are_those_of_the_images_alone(
    both, counting_model, known_sample
):
    bam, reference = known_sample.bam, known_sample.reference
    plain = call_variants(bam, reference, model=both, cascade=False, threads=1)
    assert plain.calls == call_variants(bam, reference, model=counting_model, threads=1).calls


def test_an_explanation_says_that_counts_settled_a_site(both, known_sample):
    records = call_variants(known_sample.bam, known_sample.reference, model=both, threads=1)
    best = max(records.calls or (), key=lambda call: call.gq)
    found = explain(
        known_sample.bam, f"{best.contig}:{best.pos + 1}", known_sample.reference, model=both
    )
    assert found.record == best
    assert any(note.startswith("counts of fragments settle it") for note in found.notes)


def test_runs_that_do_not_go_together_are_refused(runs, counts_model, known_sample, tmp_path):
    images = runs[0]
    out = tmp_path / "x.safetensors"
    with pytest.raises(InputError, match="must be a model of --encoder counts"):
        join_runs(images, images, out)
    bundle = load_bundle(counts_model)
    encoder = {**bundle.card["encoder"], "realign": False}
    Bundle({**bundle.card, "encoder": encoder}, bundle.states).save(tmp_path / "other")
    other = write_run(tmp_path / "unaligned", tmp_path / "other", known_sample)
    with pytest.raises(InputError, match="look for candidates in other ways"):
        join_runs(images, other, out)
    other = write_run(tmp_path / "split", counts_model, known_sample, val_contigs=["one"])
    with pytest.raises(InputError, match="have other sites to be calibrated on"):
        join_runs(images, other, out)
    assert not out.exists()


def test_a_bundle_whose_counts_are_not_known_is_refused(both, tmp_path):
    bundle = load_bundle(both)
    part = bundle.parts["counts"]
    changed = Bundle({**part.card, "channels": ["depth"]}, part.states)
    path = tmp_path / "changed.safetensors"
    Bundle(bundle.card, bundle.states, {"counts": changed}).save(path)
    with pytest.raises(InputError, match="pass --no-cascade"):
        Caller(read_caller_card(path))
    assert Caller(read_caller_card(path), cascade=False).cascade is None
