import pandas as pd
import pytest
from text_reference import TextReference

from seqcnn.calling.compare import Comparison, MatchBy, Verdict, compare
from seqcnn.calling.confident import Confident
from seqcnn.calling.events import Overlap
from seqcnn.data.variants import Variant
from seqcnn.errors import InputError

#                 0    5    10   15   20   25   30
TEXT = TextReference(chr1="TTGCACACACACGGATCCTTAAAAAAAAGCATCGATT")


def record(
    pos: int, ref: str, alt: str, genotype: str, *, filters: tuple[str, ...] = ()
) -> Variant:
    """A record at a 1-based position, as a VCF has it."""
    alleles = tuple(
        -1 if index == "." else int(index) for index in genotype.replace("|", "/").split("/")
    )
    return Variant("chr1", pos - 1, ref, tuple(alt.split(",")), alleles, 30.0, filters)


def verdicts(
    truth: list[Variant],
    calls: list[Variant],
    *,
    match: MatchBy = "genotype",
    overlap: Overlap = "strict",
    confident: Confident | None = None,
    pass_only: bool = False,
) -> tuple[list[str], list[str]]:
    found: Comparison = compare(
        truth, calls, TEXT, match=match, overlap=overlap, confident=confident, pass_only=pass_only
    )
    return (
        [Verdict(code).name for code in found.truth_verdict],
        [Verdict(code).name for code in found.call_verdict],
    )


def test_an_indel_at_the_right_end_of_its_repeat_is_the_same() -> None:
    truth, calls = record(3, "GCA", "G", "0/1"), record(11, "ACG", "G", "0/1")
    assert verdicts([truth], [calls]) == (["MATCH"], ["MATCH"])


def test_a_substitution_of_two_bases_is_two_snps() -> None:
    truth = [record(15, "AT", "CG", "0/1")]
    calls = [record(15, "A", "C", "0/1"), record(16, "T", "G", "1/0")]
    assert verdicts(truth, calls) == (["MATCH"], ["MATCH", "MATCH"])


def test_one_of_two_snps_is_not_the_substitution_of_both() -> None:
    truth, calls = [record(15, "AT", "CG", "0/1")], [record(15, "A", "C", "0/1")]
    assert verdicts(truth, calls) == (["FALSE"], ["FALSE"])


def test_padded_alleles_are_the_same() -> None:
    truth, calls = [record(16, "T", "C", "1/1")], [record(14, "GATCC", "GACCC", "1/1")]
    assert verdicts(truth, calls) == (["MATCH"], ["MATCH"])


def test_one_record_of_two_insertions_is_two_records() -> None:
    truth = [record(20, "T", "TA,TAA", "1/2")]
    calls = [record(20, "T", "TA", "0/1"), record(20, "T", "TAA", "0/1")]
    assert verdicts(truth, calls) == (["MATCH"], ["MATCH", "MATCH"])


def test_an_insertion_and_a_deletion_on_two_copies_overlap_only_strictly() -> None:
    truth = [record(20, "TAA", "TAAA,T", "1/2")]
    calls = [record(20, "TAA", "T", "0/1"), record(20, "TAA", "TAAA", "0/1")]
    assert verdicts(truth, calls)[0] == ["GENOTYPE"]
    assert verdicts(truth, calls, overlap="loose") == (["MATCH"], ["MATCH", "MATCH"])


def test_the_right_alleles_with_a_wrong_genotype_are_told_apart() -> None:
    truth, calls = [record(16, "T", "C", "1/1")], [record(16, "T", "C", "0/1")]
    assert verdicts(truth, calls) == (["GENOTYPE"], ["GENOTYPE"])
    assert verdicts(truth, calls, match="allele") == (["MATCH"], ["MATCH"])


def test_one_of_two_alleles_is_an_allele_match() -> None:
    truth, calls = [record(16, "T", "C,G", "1/2")], [record(16, "T", "G", "1/1")]
    assert verdicts(truth, calls, match="allele") == (["MATCH"], ["MATCH"])


def test_an_allele_on_one_copy_only_counts_as_two() -> None:
    truth, calls = [record(16, "T", "C", "1")], [record(16, "T", "C", "1/1")]
    assert verdicts(truth, calls) == (["MATCH"], ["MATCH"])


def test_a_record_is_inside_when_it_shares_a_base_with_a_confident_region() -> None:
    confident = Confident(pd.DataFrame({"contig": ["chr1"], "start": [5], "end": [16]}))
    # chr1:16 is position 15, the last inside; a deletion from 17 on starts after it.
    calls = [record(16, "T", "C", "0/1"), record(17, "CC", "C", "0/1")]
    assert verdicts([], calls, confident=confident) == ([], ["FALSE", "OUTSIDE"])


def test_a_match_may_lie_across_the_edge_of_a_region() -> None:
    confident = Confident(pd.DataFrame({"contig": ["chr1"], "start": [0], "end": [5]}))
    truth, calls = [record(3, "GCA", "G", "1/1")], [record(11, "ACG", "G", "1/1")]
    assert verdicts(truth, calls, confident=confident) == (["MATCH"], ["OUTSIDE"])


def test_contigs_without_a_region_need_no_reference() -> None:
    confident = Confident(pd.DataFrame({"contig": ["chr1"], "start": [0], "end": [30]}))
    elsewhere = record(16, "T", "C", "0/1")._replace(contig="chrUn")
    assert verdicts([], [elsewhere], confident=confident) == ([], ["OUTSIDE"])


def test_what_holds_no_variant_is_ignored() -> None:
    calls = [
        record(4, "C", "A", "0/0"),
        record(5, "A", "C", "./."),
        record(6, "C", "<DEL>", "0/1"),
        record(7, "A", "*", "0/1"),
    ]
    assert verdicts([], calls)[1] == ["IGNORED"] * 4


def test_filtered_calls_are_ignored_on_request() -> None:
    truth = [record(16, "T", "C", "0/1")]
    calls = [record(16, "T", "C", "0/1", filters=("LowQual",))]
    assert verdicts(truth, calls)[1] == ["MATCH"]
    assert verdicts(truth, calls, pass_only=True) == (["FALSE"], ["IGNORED"])


def test_filtered_records_of_the_truth_are_never_true() -> None:
    truth = [record(16, "T", "C", "0/1", filters=("Silver",))]
    assert verdicts(truth, [record(16, "T", "C", "0/1")]) == (["IGNORED"], ["FALSE"])


def test_an_unknown_allele_beside_a_called_one_counts_as_reference() -> None:
    truth, calls = [record(16, "T", "C", "0/1")], [record(16, "T", "C", "./1")]
    assert verdicts(truth, calls) == (["MATCH"], ["MATCH"])


def test_a_spanned_allele_leaves_its_copy_to_the_deletion() -> None:
    truth = [record(12, "CGGA", "C", "0/1"), record(14, "G", "T,*", "1/2")]
    calls = [record(12, "CGGA", "C", "0/1"), record(14, "G", "T", "0/1")]
    assert verdicts(truth, calls, overlap="loose") == (["MATCH"] * 2, ["MATCH"] * 2)


def test_a_record_without_genotype_is_refused_by_name() -> None:
    missing = record(16, "T", "C", "0/1")._replace(genotype=None)
    with pytest.raises(InputError, match=r"^calls: chr1:16 T>C has no genotype"):
        compare([], [missing], TEXT)


def test_another_reference_base_is_refused_with_what_is_there() -> None:
    with pytest.raises(InputError, match=r"^truth: chr1:16 G>C: the reference has T there"):
        compare([record(16, "G", "C", "0/1")], [], TEXT)


def test_a_record_past_the_end_of_its_contig_is_refused() -> None:
    with pytest.raises(InputError, match=r"^calls: chr1:37 TA>T ends after chr1, which has 37 bp"):
        compare([], [record(37, "TA", "T", "0/1")], TEXT)


def test_an_unknown_contig_is_refused() -> None:
    strange = record(16, "T", "C", "0/1")._replace(contig="1")
    with pytest.raises(InputError, match=r"^calls: 1:16 T>C is on '1', the reference has chr1;"):
        compare([], [strange], TEXT)
