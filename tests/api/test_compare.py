"""`compare` from files: against vcfeval's verdicts, and what it writes."""

import json
from pathlib import Path

import pandas as pd
import pytest

from seqcnn.api.compare import Compared, compare
from seqcnn.calling.compare import Verdict
from seqcnn.data.variants import Variant, read_variants, write_variants
from seqcnn.errors import InputError

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "variants"
FIXTURE = DATA / "comparison_fixture"
real = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is absent")


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packed genomes go to a folder of the tests, not beside the shared files."""
    monkeypatch.setenv("SEQCNN_CACHE", str(tmp_path_factory.getbasetemp() / "packed"))


def vcfeval(folder: Path) -> dict[str, list[Variant]]:
    """The records in vcfeval's own files, by the name of the file."""
    return {
        name: [plain(one) for one in read_variants(folder / f"{name}.vcf.gz")]
        for name in ("tp-baseline", "fn", "tp", "fp")
    }


def plain(one: Variant) -> Variant:
    return one._replace(quality=None, filters=(), genotype_quality=None, phased=False)


def ours(found: Compared) -> dict[str, list[Variant]]:
    sides = (
        (found.comparison.truth, found.comparison.truth_verdict, "tp-baseline", "fn"),
        (found.comparison.calls, found.comparison.call_verdict, "tp", "fp"),
    )
    lists: dict[str, list[Variant]] = {}
    for variants, verdict, match, other in sides:
        for name, codes in ((match, (0,)), (other, (1, 2))):
            lists[name] = [
                plain(one)
                for one, code in zip(variants, verdict.tolist(), strict=True)
                if code in codes
            ]
    return lists


def perturbed(match: str) -> Compared:
    return compare(
        DATA / "truth" / "HG002_v4.2.1_grch38_chr20_0-9.99M.vcf.gz",
        FIXTURE / "perturbed_truth" / "calls.vcf.gz",
        reference=DATA / "reference" / "grch38.chr20_chr21_0-10M.fa.gz",
        confident=DATA / "truth" / "HG002_v4.2.1_grch38_chr20_0-9.99M.bed",
        match=match,
    )


@real
@pytest.mark.parametrize(
    "match, counts", [("genotype", (15072, 466, 15023, 342)), ("allele", (15257, 281, 15182, 183))]
)
def test_every_record_of_the_perturbed_truth_is_judged_as_by_vcfeval(
    match: str, counts: tuple[int, ...]
) -> None:
    found = perturbed(match)
    everything = found.row("all")
    assert (
        everything.tp_truth, everything.fn, everything.tp_calls, everything.fp
    ) == counts  # fmt: skip
    assert ours(found) == vcfeval(FIXTURE / "perturbed_truth" / f"expected_{match}")
    assert found.comparison.cut == []


@real
def test_every_record_of_freebayes_is_judged_as_by_vcfeval() -> None:
    found = compare(
        DATA / "illumina_NA12878_hg19_chr20_52x" / "test_nist.b37_chr20_100kbp_at_10mb.vcf.gz",
        FIXTURE / "freebayes_NA12878" / "fbC.vcf.gz",
        reference=DATA / "reference" / "hg19.chr20.unittest.fa.gz",
    )
    assert ours(found) == vcfeval(FIXTURE / "freebayes_NA12878" / "expected_genotype")
    # vcfeval's best threshold, with 209 and 202 true positives, 16 false ones and 12 missed.
    curve = found.best_quality
    assert curve is not None
    best = curve.best
    assert curve.threshold[best] == pytest.approx(103.106)
    assert (curve.tp_truth[best], curve.tp_calls[best]) == (209, 202)
    assert (curve.fp[best], curve.fn[best]) == (16, 12)


# A small case of our own.

BASES = "TTGCACACACACGGATCCTTAAAAAAAAGCATCGATT"


def snp(pos: int, alt: str, genotype: tuple[int, ...], contig: str = "chr1") -> Variant:
    return Variant(contig, pos, BASES[pos], (alt,), genotype, 30.0, (), 20.0)


@pytest.fixture
def case(tmp_path: Path) -> dict[str, Path]:
    paths = {name: tmp_path / name for name in ("truth.vcf", "calls.vcf", "ref.fa", "conf.bed")}
    paths["ref.fa"].write_text(f">chr1\n{BASES}\n>chr2\n{BASES}\n")
    paths["conf.bed"].write_text("chr1\t0\t30\n")
    contigs = {"chr1": len(BASES), "chr2": len(BASES)}
    truth = [snp(5, "G", (0, 1)), snp(13, "T", (1, 1)), snp(15, "C", (0, 1), "chr2")]
    calls = [snp(5, "G", (1, 0)), snp(13, "T", (0, 1)), snp(30, "T", (0, 1))]
    write_variants(paths["truth.vcf"], truth, contigs, "T")
    write_variants(paths["calls.vcf"], calls, contigs, "C")
    return paths


def test_the_folder_holds_report_tables_and_records(case: dict[str, Path], tmp_path: Path) -> None:
    out = tmp_path / "out"
    found = compare(
        case["truth.vcf"], case["calls.vcf"], reference=case["ref.fa"], confident=case["conf.bed"],
        out=out,
    )  # fmt: skip
    everything = found.row("all")
    assert everything[3:11] == (1, 1, 1, 1, 1, 1, 1, 1)
    names = {path.name for path in out.iterdir()}
    records = {f"{n}.vcf.gz{i}" for n in ("tp-baseline", "fn", "tp", "fp") for i in ("", ".tbi")}
    assert names == {"report.html", "summary.json", "summary.tsv", "roc.tsv"} | records
    assert [one.pos for one in read_variants(out / "fp.vcf.gz")] == [13]
    table = pd.read_csv(out / "summary.tsv", sep="\t")
    assert table.loc[0, ["recall", "fp", "by"]].tolist() == [0.5, 1, "Jeffreys"]
    numbers = json.loads((out / "summary.json").read_text())
    assert numbers["rows"][0]["fn_genotype"] == 1
    assert numbers["settings"]["match"] == "genotype"
    roc = pd.read_csv(out / "roc.tsv", sep="\t")
    assert set(roc["score"]) == {"QUAL", "GQ"}


def test_numbers_can_be_written_alone(case: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "numbers.json"
    found = compare(case["truth.vcf"], case["calls.vcf"], reference=case["ref.fa"], json_out=path)
    assert json.loads(path.read_text()) == json.loads(json.dumps(found.to_dict()))


@pytest.mark.parametrize(
    "regions, truth",
    [
        (["chr1"], ["MATCH", "GENOTYPE", "OUTSIDE"]),
        (["chr1:1-6"], ["MATCH", "OUTSIDE", "OUTSIDE"]),
        (["chr1:10-20", "chr2"], ["OUTSIDE", "GENOTYPE", "FALSE"]),
    ],
)
def test_regions_narrow_what_counts(
    case: dict[str, Path], regions: list[str], truth: list[str]
) -> None:
    found = compare(case["truth.vcf"], case["calls.vcf"], reference=case["ref.fa"], regions=regions)
    assert [Verdict(code).name for code in found.comparison.truth_verdict] == truth


def test_regions_and_confident_regions_must_both_hold(case: dict[str, Path]) -> None:
    found = compare(
        case["truth.vcf"], case["calls.vcf"], reference=case["ref.fa"],
        confident=case["conf.bed"], regions=["chr1:10-37", "chr2"],
    )  # fmt: skip
    assert [Verdict(code).name for code in found.comparison.truth_verdict] == [
        "OUTSIDE",
        "GENOTYPE",
        "OUTSIDE",
    ]


def test_files_of_other_contig_names_are_refused(case: dict[str, Path], tmp_path: Path) -> None:
    calls = tmp_path / "named.vcf"
    write_variants(calls, [snp(5, "G", (0, 1), "1")], {"1": 37}, "C")
    with pytest.raises(InputError, match=r"named.vcf has contig '1', .*truth.vcf has 'chr1', and"):
        compare(case["truth.vcf"], calls, reference=case["ref.fa"], out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_bed_of_other_contig_names_is_refused(case: dict[str, Path]) -> None:
    case["conf.bed"].write_text("1\t0\t30\n")
    with pytest.raises(InputError, match=r"conf.bed has contig '1', .*truth.vcf has 'chr1', and"):
        compare(
            case["truth.vcf"], case["calls.vcf"], reference=case["ref.fa"],
            confident=case["conf.bed"],
        )  # fmt: skip


def test_empty_calls_are_a_result(case: dict[str, Path], tmp_path: Path) -> None:
    write_variants(case["calls.vcf"], [], {"chr1": 37}, "C")
    found = compare(
        case["truth.vcf"], case["calls.vcf"], reference=case["ref.fa"], out=tmp_path / "out"
    )
    assert found.row("all")[3:9] == (0, 3, 0, 0, 0, 0)
    assert "TP truth" in str(found)
