"""Classes of images, shares of fragments, and the profile of a sample's reads."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from seqcnn.calling import training_images
from seqcnn.calling.examine import ExamineSettings
from seqcnn.calling.labelled_parts import Source, class_of, draw_part
from seqcnn.calling.read_profile import profile_of, sum_reads
from seqcnn.calling.thinned import Thinned
from seqcnn.calling.training_images import draw_training_images
from seqcnn.data.call_inputs import open_inputs
from seqcnn.data.variants import read_variants


@pytest.mark.parametrize(
    ("genotype", "shown", "joint", "pairs"),
    [
        ((0, 0), (1, 0), 0, 0),
        ((0, 1), (1, 0), 1, 1),
        ((1, 1), (1, 0), 2, 2),
        ((0, 2), (1, 2), 3, 1),
        ((1, 2), (1, 2), 4, 2),
        ((2, 2), (1, 2), 5, 2),
        ((1, 2), (1, 0), None, 1),  # the second allele is not in the image
        ((0, 3), (1, 2), None, 0),
        ((0, 2), (2, 0), 1, 1),
        (None, (1, 0), None, None),
    ],
)
def test_the_class_counts_the_shown_alleles(genotype, shown, joint, pairs):
    assert class_of(genotype, shown, joint=True) == joint
    assert class_of(genotype, shown, joint=False) == pairs


@pytest.fixture
def source(known_sample) -> Source:
    inputs = open_inputs(known_sample.bam, reference=known_sample.reference)
    bed = pd.read_csv(known_sample.confident, sep="\t", names=["contig", "start", "end"])
    return Source(
        inputs.alignments, inputs.reference, read_variants(known_sample.truth), bed,
        inputs.regions, "truth.vcf",
    )  # fmt: skip


def test_images_carry_the_planted_genotypes_and_do_not_depend_on_processes(source, tmp_path):
    draws = [
        draw_training_images([source], ExamineSettings(), tmp_path / str(n), processes=n)
        for n in (1, 2)
    ]
    np.testing.assert_array_equal(draws[0].images, draws[1].images)
    assert draws[0].sites.genotype == draws[1].sites.genotype
    found = draws[0]
    planted = {(v.contig, v.pos): "/".join(map(str, v.genotype)) for v in source.truth}
    places = zip(found.sites.contig, found.sites.pos.tolist(), strict=True)
    assert found.sites.genotype == [planted.get(place, "0/0") for place in places]
    names = ("0/0", "0/1", "1/1")
    assert [names[k] for k in found.targets] == found.sites.genotype


def test_a_share_of_the_fragments_adds_images_of_less_depth(source, tmp_path):
    whole = draw_training_images([source], ExamineSettings(), tmp_path, processes=1)
    more = draw_training_images(
        [source], ExamineSettings(), tmp_path, shares=[1.0, 0.5], processes=1
    )
    number = len(whole.images)
    np.testing.assert_array_equal(more.images[:number], whole.images)
    ratio = more.sites.depths[number:, 0].mean() / whole.sites.depths[:, 0].mean()
    assert 0.4 < ratio < 0.6
    assert more.recall == whole.recall  # of all fragments


def test_samples_drawn_by_other_jobs_are_joined_to_the_same_files(source, tmp_path, monkeypatch):
    other = replace(source, regions=source.regions[:1])
    both, shares = [source, other], [1.0, 0.5]
    draw_training_images(both, ExamineSettings(), tmp_path / "one", shares=shares, processes=1)
    for sample in (source, other):
        for share in shares[:1] if sample is other else shares:
            draw_training_images(
                [sample], ExamineSettings(), tmp_path / "apart", shares=[share], processes=1
            )
    drawn = []
    monkeypatch.setattr(
        training_images, "draw_part", lambda job: drawn.append(job) or draw_part(job)
    )
    draw_training_images(both, ExamineSettings(), tmp_path / "apart", shares=shares, processes=1)
    # Only what no one had drawn: a half of the second sample.
    assert {(job[0].source, job[1]) for job in drawn} == {(1, 0.5)}
    expected = sorted((tmp_path / "one").iterdir())
    assert len(expected) == 2
    for file in expected:
        assert (tmp_path / "apart" / file.name).read_bytes() == file.read_bytes()


def test_a_share_is_the_same_at_every_reading_and_other_with_another_seed(source):
    def names(share: float, seed: int) -> list[int]:
        return Thinned(source.alignments, share, seed).reads("one", 0, 9000).fragment.tolist()

    every = source.alignments.reads("one", 0, 9000).fragment.tolist()
    half = names(0.5, 0)
    assert 0.4 * len(every) < len(half) < 0.6 * len(every)
    assert half == [name for name in every if name in set(half)]
    assert half == names(0.5, 0) != names(0.5, 1)
    assert names(1.0, 0) == every


def test_kept_reads_have_their_own_bases_and_cigars(source):
    reads = source.alignments.reads("two", 0, 9000)
    part = Thinned(source.alignments, 0.3, 0).reads("two", 0, 9000)
    row = {name: i for i, name in enumerate(reads.fragment.tolist())}
    for i, name in enumerate(part.fragment.tolist()):
        j = row[name]
        for start, held in (("base_start", "bases"), ("cigar_start", "cigar")):
            mine = getattr(part, held)[slice(*getattr(part, start)[i : i + 2])]
            theirs = getattr(reads, held)[slice(*getattr(reads, start)[j : j + 2])]
            assert mine.tolist() == theirs.tolist()


def test_the_profile_says_what_the_reads_are_like(source):
    reads = source.alignments.reads("one", 0, 9000)
    profile = profile_of("x.bam", [sum_reads(reads, 0, 4000), sum_reads(reads, 4000, 9000)])
    assert profile["reads"] == len(reads.start)
    assert (profile["base_quality"], profile["mapping_quality"]) == (40, 60)
    assert profile["fragment_length"] is None
    assert profile["coverage"]["mean"] == pytest.approx(24, abs=1)
    assert profile["coverage"]["p5"] <= profile["coverage"]["p50"] <= profile["coverage"]["p95"]
