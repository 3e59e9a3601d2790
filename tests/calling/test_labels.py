from pathlib import Path

import pandas as pd
import pytest
from text_reference import TextReference

from seqcnn.calling.compare import compare
from seqcnn.calling.confident import Confident
from seqcnn.calling.labels import Label, candidate_recall, explain_truth, label_sites
from seqcnn.calling.sites import Site
from seqcnn.data.genome import Genome
from seqcnn.data.variants import Variant, read_variants

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "variants"
real = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is absent")
TEXT = TextReference(chr1="TTGCACACACACGGATCCTTAAAAAAAAGCATCGATT")


def site(pos: int, ref: str, alts: str, depths: tuple[int, ...] = ()) -> Site:
    """A candidate at a 1-based position; every alternative allele is on 10 of 30 fragments."""
    texts = tuple(alts.split(","))
    return Site("chr1", pos - 1, ref, texts, 30, (10, *(depths or (10,) * len(texts))))


def true(pos: int, ref: str, alt: str, genotype: tuple[int, ...]) -> Variant:
    return Variant("chr1", pos - 1, ref, tuple(alt.split(",")), genotype, None, ())


def genotypes(sites: list[Site], truth: list[Variant]) -> list[tuple[int, int] | None]:
    return [label.genotype for label in label_sites(sites, truth, TEXT)]


def test_a_site_away_from_all_truth_is_reference() -> None:
    assert label_sites([site(16, "T", "C")], [], TEXT) == [Label((0, 0), "reference")]


def test_genotypes_are_over_the_alleles_of_the_site() -> None:
    sites = [site(16, "T", "G,C")]
    assert genotypes(sites, [true(16, "T", "C", (0, 1))]) == [(0, 2)]
    assert genotypes(sites, [true(16, "T", "C", (1, 1))]) == [(2, 2)]
    assert genotypes(sites, [true(16, "T", "C,G", (2, 1))]) == [(1, 2)]


def test_an_indel_anchored_elsewhere_in_its_repeat_is_found() -> None:
    assert genotypes([site(3, "GCA", "G")], [true(11, "ACG", "G", (0, 1))]) == [(0, 1)]


def test_one_true_substitution_labels_two_sites() -> None:
    sites = [site(15, "A", "C"), site(16, "T", "G")]
    assert genotypes(sites, [true(15, "AT", "CG", (0, 1))]) == [(0, 1), (0, 1)]


def test_sites_under_a_deletion_on_the_other_copy_keep_their_own_genotype() -> None:
    sites = [site(12, "CGGA", "C"), site(14, "G", "T")]
    truth = [true(12, "CGGA", "C", (0, 1)), true(14, "G", "T", (1, 0))]
    assert genotypes(sites, truth) == [(0, 1), (0, 1)]


def test_of_two_ways_to_make_the_truth_the_better_seen_is_taken() -> None:
    sites = [site(15, "AT", "CG", (1,)), site(15, "A", "C", (12,)), site(16, "T", "G", (12,))]
    assert genotypes(sites, [true(15, "AT", "CG", (0, 1))]) == [(0, 0), (0, 1), (0, 1)]


def test_a_site_with_one_of_two_true_alleles_is_labelled_in_part() -> None:
    truth = [true(16, "T", "C,G", (1, 2))]
    assert label_sites([site(16, "T", "C")], truth, TEXT) == [Label((0, 1), "partial")]


def test_a_site_where_a_true_variant_cannot_be_made_has_no_label() -> None:
    truth = [true(20, "T", "TAA", (1, 1))]
    # The insertion could stand anywhere in the run of A.
    labels = label_sites([site(24, "A", "G"), site(31, "A", "G")], truth, TEXT)
    assert labels == [Label(None, "unresolved"), Label((0, 0), "reference")]


def test_a_site_must_lie_wholly_in_a_confident_region() -> None:
    confident = Confident(pd.DataFrame({"contig": ["chr1"], "start": [3], "end": [16]}))
    sites = [site(3, "G", "C"), site(16, "T", "C"), site(16, "T", "TA"), site(15, "A", "AG")]
    whys = [label.why for label in label_sites(sites, [], TEXT, confident)]
    assert whys == ["outside", "reference", "outside", "reference"]


def test_the_order_of_sites_does_not_matter() -> None:
    sites = [site(16, "T", "G"), site(3, "GCA", "G"), site(15, "A", "C")]
    truth = [true(11, "ACG", "G", (1, 1)), true(15, "AT", "CG", (0, 1))]
    assert genotypes(sites, truth) == [(0, 1), (1, 1), (0, 1)]


def test_candidate_recall_counts_alleles_that_sites_can_make() -> None:
    truth = [
        true(3, "GCA", "G", (0, 1)),
        true(15, "A", "C", (0, 1)),
        true(16, "T", "C,G", (1, 2)),
        true(30, "C", "G", (0, 0)),
    ]
    sites = [site(11, "ACG", "G"), site(16, "T", "C")]
    recall = candidate_recall(sites, truth, TEXT)
    assert recall["snp"] == (1, 3)
    assert recall["indel"] == (1, 1)
    assert explain_truth(sites, truth, TEXT).explained.tolist() == [1, 0, 1, 0]


def test_candidate_recall_leaves_out_what_is_not_confident() -> None:
    confident = Confident(pd.DataFrame({"contig": ["chr1"], "start": [0], "end": [15]}))
    truth = [true(15, "A", "C", (0, 1)), true(31, "A", "C", (0, 1))]
    assert candidate_recall([], truth, TEXT, confident)["snp"] == (0, 1)


@pytest.fixture(scope="module")
def chr20(tmp_path_factory: pytest.TempPathFactory) -> Genome:
    fasta = DATA / "reference" / "grch38.chr20_chr21_0-10M.fa.gz"
    return Genome(fasta, cache=tmp_path_factory.mktemp("packed"))


def sites_of(variants: list[Variant]) -> list[Site]:
    """All alleles that records show at an anchor, as one site."""
    places: dict[int, list[Variant]] = {}
    for one in variants:
        places.setdefault(one.pos, []).append(one)
    sites = []
    for pos, here in places.items():
        ref = max((one.ref for one in here), key=len)
        alts = dict.fromkeys(alt + ref[len(one.ref) :] for one in here for alt in one.alts)
        sites.append(Site("chr20", pos, ref, tuple(alts), 30, (15,) * (1 + len(alts))))
    return sites


@real
def test_records_of_a_real_truth_as_sites_get_their_own_genotypes(chr20: Genome) -> None:
    truth = read_variants(DATA / "truth" / "HG002_v4.2.1_grch38_chr20_0-9.99M.vcf.gz")
    labels = label_sites(sites_of(truth), truth, chr20)
    own = [tuple(sorted(one.genotype or ())) for one in truth]
    assert [label.genotype for label in labels] == own


@real
def test_labels_of_otherwise_written_sites_make_the_true_haplotypes(chr20: Genome) -> None:
    truth = read_variants(DATA / "truth" / "HG002_v4.2.1_grch38_chr20_0-9.99M.vcf.gz")
    folder = DATA / "comparison_fixture" / "perturbed_truth"
    sites = sites_of(read_variants(folder / "calls.vcf.gz"))
    found = explain_truth(sites, truth, chr20)
    called = [
        Variant("chr20", one.pos, one.ref, one.alts, label.genotype, None, ())
        for one, label in zip(sites, found.labels, strict=True)
        if label.genotype not in (None, (0, 0))
    ]
    compared = compare(truth, called, chr20, overlap="loose")
    assert (compared.call_verdict == 0).all()
    whole = found.explained == found.alleles
    assert ((compared.truth_verdict == 0) == whole).all()
    assert whole.sum() == 15876
