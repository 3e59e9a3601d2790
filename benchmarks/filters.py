"""Print which motif the three most important first-layer filters of trained bundles are like.

    python benchmarks/filters.py RUNS [--shared ../shared/data] [--tag duplex] [--only USF1 Reb1]

RUNS has a folder <factor>_<tag> with model.safetensors for each factor of FAMILIES. The bar: the
factor's own motif family is the best match (lowest p) of one of the three filters. Human factors
compete with all of HOCOMOCO v13 CORE, and with CIS-BP beside it; yeast factors, whose motifs are
in neither, with HOCOMOCO and the consensus sequences below.
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from seqcnn.api.interpret.filters import filters
from seqcnn.api.interpret.reading import Reading
from seqcnn.data.motifs import Motif, read_meme, write_meme

# Which motifs count as a factor's own, by the first part of HOCOMOCO's names (UniProt's names of
# the genes) and by CIS-BP's (HGNC's): chosen by what the proteins are, not by what filters turned
# out to be like. E-box: bHLH factors that bind CACGTG; ETS and FOX: the structural families.
E_BOX = (
    *("USF1", "USF2", "USF3", "MITF", "TFE3", "TFEB", "TFEC", "MAX", "MYC", "MYCN", "MXI1"),
    *("MNT", "MLX", "MLXPL", "MAD4", "MGAP", "BHE40", "BHE41", "ARNT", "ARNT2", "BMAL1", "CLOCK"),
    *("NPAS2", "HEY1", "HEY2", "HES1", "HES2", "HES5", "HES7"),
    *("MLXIPL", "MGA", "BHLHE40", "BHLHE41", "ARNTL"),
)
ETS = (
    *("ELK1", "ELK3", "ELK4", "ELF1", "ELF2", "ELF3", "ELF4", "ELF5", "ETS1", "ETS2", "GABPA"),
    *("ETV1", "ETV2", "ETV3", "ETV4", "ETV5", "ETV6", "ETV7", "FLI1", "ERG", "ERF", "FEV"),
    *("EHF", "SPDEF", "SPI1", "SPIB", "SPIC"),
)
FOX = (
    *("FOXA1", "FOXA2", "FOXA3", "FOXB1", "FOXC1", "FOXC2", "FOXD1", "FOXD2", "FOXD3", "FOXE1"),
    *("FOXF1", "FOXF2", "FOXG1", "FOXH1", "FOXI1", "FOXJ2", "FOXJ3", "FOXK1", "FOXK2", "FOXL1"),
    *("FOXL2", "FOXM1", "FOXO1", "FOXO3", "FOXO4", "FOXO6", "FOXP1", "FOXP2", "FOXP3", "FOXQ1"),
    "FOXR2",
)
FAMILIES: dict[str, tuple[str, ...]] = {
    "CTCFL": ("CTCF", "CTCFL"),
    "USF1": E_BOX,
    "YY1": ("TYY1", "TYY2", "ZFP42", "YY1", "YY2"),
    "ELK1": ETS,
    "FOXA1": FOX,
    "Reb1": ("Reb1",),
    "Abf1": ("Abf1",),
    "Cbf1": ("Cbf1", "Pho4", *E_BOX),
    "Rap1": ("Rap1",),
}
# IUPAC consensus of yeast factors, as the literature that Harbison et al. 2004 (Nature 431:99) and
# MacIsaac et al. 2006 (BMC Bioinformatics 7:113) start from and confirm has them.
YEAST = {
    "Reb1": "TTACCCG",
    "Abf1": "RTCRYYNNNNACG",
    "Cbf1": "RTCACRTG",
    "Rap1": "ACACCCRYACAYM",
    "Mcm1": "DCCYWWWNNRG",
    "Fkh1": "GTAAACAA",
    "Gal4": "CGGNNNNNNNNNNNCCG",
    "Gcn4": "TGASTCA",
    "Pho4": "CACGTKNG",
    "Swi4": "CRCGAAA",
    "Mbp1": "ACGCGTNA",
    "Hap4": "CCAATNA",
    "Hap1": "CGGNNNTANCGG",
    "Ste12": "TGAAACA",
    "Ume6": "TAGCCGCCSA",
    "Hsf1": "TTCNNGAANNTTC",
    "Leu3": "CCGGNNCCGG",
    "Ino4": "CATGTGAAAT",
    "Msn2": "MAGGGG",
    "Yap1": "TTACTAA",
    "Swi5": "KGCTGR",
    "Mig1": "CCCCRSWWWWW",
    "Rpn4": "GGTGGCAAA",
    "Met31": "CTGTGGC",
    "Put3": "CGGNNNNNNNNNNCCG",
    "Pdr3": "TCCGYGGA",
    "Aft1": "YRCACCCR",
    "Rox1": "YYNATTGTTY",
    "Gln3": "GATAAG",
    "Rlm1": "CTAWWWWTAG",
    "Tbf1": "ARCCCTAA",
    "Tec1": "CATTCY",
    "Stb3": "AAAAATTT",
    "Gcr1": "CTTCC",
    "Nrg1": "GGACCCT",
    "Sko1": "ACGTCA",
}
IUPAC = {
    **{letter: letter for letter in "ACGT"},
    **{"R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC"},
    **{"B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT"},
}
OUTSIDE = 0.02  # probability of each base that a letter does not stand for
FIRST = 3  # filters that the bar looks at
COLUMNS = (
    *("factor", "AUROC", "without filters", f"of its family among {FIRST}", "rank", "filter"),
    *("consensus", "match", "E", "q", "share", "fall of AUROC, alone", "group of"),
    *("its fall of AUROC", "CIS-BP"),
)


def main() -> None:
    here = Path(__file__).resolve().parents[1]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path)
    parser.add_argument("--shared", type=Path, default=here.parent / "shared" / "data")
    parser.add_argument("--tag", default="duplex")
    parser.add_argument("--only", nargs="*", default=list(FAMILIES), choices=list(FAMILIES))
    parser.add_argument("--threshold", type=float, default=0.7)
    parser.add_argument("--flank", type=int, default=0)
    parser.add_argument("--out", type=Path, help="folder for each factor's tables and figures")
    chosen = parser.parse_args()
    root = chosen.shared / "regulatory"
    if not root.is_dir():
        sys.exit(f"{chosen.shared}: no folder 'regulatory' in it; name the data with --shared")
    print(f"| {' | '.join(COLUMNS)} |\n|---{'|---' * (len(COLUMNS) - 1)}|")
    with TemporaryDirectory() as folder:
        for factor in chosen.only:
            bundle = chosen.runs / f"{factor}_{chosen.tag}" / "model.safetensors"
            if bundle.is_file():
                print(_row(factor, bundle, root, Path(folder), chosen), flush=True)


def _row(factor: str, bundle: Path, root: Path, folder: Path, chosen: argparse.Namespace) -> str:
    told: dict[str, Any] = {
        **inputs(factor, root),
        "threshold": chosen.threshold,
        "flank": chosen.flank,
        **({} if chosen.out is None else {"out": chosen.out / factor}),
    }
    reading = filters(bundle, motifs=database(factor, root, folder), **told)
    other = "-"
    if factor not in YEAST:
        told = {**told, "out": None, "silence": 0}
        cisbp = filters(
            bundle, motifs=root / "motifs" / "CISBP_Homo_sapiens_basset.meme.gz", **told
        )
        best = own(cisbp.table, factor)
        other = "none" if best is None else f"{best['rank']}: {best['match']}, E {best['e']:.1g}"
    return _shown(factor, reading, other)


def _shown(factor: str, reading: Reading, other: str) -> str:
    first = reading.table.head(FIRST)
    tiles = {name: value for name, value, _ in reading.panel.tiles}
    number = sum(_family(match) in FAMILIES[factor] for match in first["match"])
    begin = f"| {factor} | {tiles['AUROC']} | {tiles['AUROC without filters']} | {number} |"
    best = own(reading.table, factor)
    if best is None:
        return f"{begin} none | | | {' '.join(first['match'])} | | | | | | | {other} |"
    groups = reading.tables["groups"]
    group = groups[groups["group"] == best["group"]].iloc[0]
    return (
        f"{begin} {best['rank']} | {best['filter']} | {best['consensus']} | {best['match']} | "
        f"{best['e']:.1g} | {best['q']:.1g} | {best['share']:.1%} | {_fall(best)} | "
        f"{group['size']} | {_fall(group)} | {other} |"
    )


def _fall(row: pd.Series) -> str:
    low, high = row["auroc_fall_low"], row["auroc_fall_high"]
    if not np.isfinite(low):
        return ""
    return f"{row['auroc_fall']:.4f} [{low:.4f}, {high:.4f}]"


def own(table: pd.DataFrame, factor: str) -> pd.Series | None:
    """The first of the three most important filters whose best match is of the factor's family."""
    for _, row in table.head(FIRST).iterrows():
        if _family(row["match"]) in FAMILIES[factor]:
            return row
    return None


def _family(match: str) -> str:
    """`USF1` of HOCOMOCO's `USF1.H13CORE.0.P.B` or CIS-BP's `M1917_1.02 USF1`."""
    return match.split()[-1].split(".")[0] if match else ""


def inputs(factor: str, root: Path) -> dict[str, Any]:
    """The sequences: the strongest 1000 training positives, or yeast's peaks."""
    if factor in YEAST:
        folder = root / "yeast_saccer3"
        return {
            "input": folder / "chipexo_peaks" / f"{factor}_CX.bed",
            "genome": folder / "sacCer3.fa.gz",
            "contig_alias": "roman",
        }
    (path,) = (root / "deepbind_encode").glob(f"{factor}_*_AC.seq.gz")
    return {"input": path, "choose": "first"}


def database(factor: str, root: Path, folder: Path) -> Path:
    """HOCOMOCO, for yeast with the consensus sequences of yeast added."""
    path = root / "motifs" / "HOCOMOCO_H13CORE.meme.gz"
    if factor not in YEAST:
        return path
    added = folder / "with_yeast.meme"
    motifs = [Motif(name, of_consensus(letters)) for name, letters in YEAST.items()]
    write_meme(added, [*read_meme(path), *motifs])
    return added


def of_consensus(letters: str) -> np.ndarray:
    """Probabilities (4, w) of IUPAC letters."""
    columns = [[OUTSIDE + (base in IUPAC[letter]) for base in "ACGT"] for letter in letters]
    matrix = np.array(columns, float).T
    shares: np.ndarray = matrix / matrix.sum(axis=0)
    return shares


if __name__ == "__main__":
    main()
