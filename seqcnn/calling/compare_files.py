"""The records of a compared file, sorted into files by their verdict."""

import contextlib
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pysam

from seqcnn.calling.compare import Verdict
from seqcnn.data.variants import open_variants, records_of
from seqcnn.data.whole_vcf import whole_vcf
from seqcnn.errors import InputError

TRUTH_FILES = {"tp-baseline": (Verdict.MATCH,), "fn": (Verdict.FALSE, Verdict.GENOTYPE)}
CALL_FILES = {"tp": (Verdict.MATCH,), "fp": (Verdict.FALSE, Verdict.GENOTYPE)}
WORDS = {Verdict.MATCH: "match", Verdict.GENOTYPE: "genotype", Verdict.FALSE: "none"}
INFO = (
    '##INFO=<ID=VERDICT,Number=1,Type=String,Description="By seqcnn compare: match; genotype = '
    'its alleles are in the other file with another genotype; none = not in the other file">'
)


def write_by_verdict(
    source: Path,
    verdict: npt.NDArray[np.uint8],
    files: Mapping[str, tuple[Verdict, ...]],
    folder: Path,
    lengths: Mapping[str, int],
) -> None:
    """Write each record of `source` to `folder`/name.vcf.gz of its verdict, with INFO/VERDICT.

    Records are otherwise as they were; the files are bgzipped and indexed, each appears whole or
    not at all. `verdict` has one entry a record of `source`; `lengths` are those of its contigs.

    Raises:
        InputError: the folder cannot be written, or `source` changed meanwhile.
    """
    with open_variants(source) as file, contextlib.ExitStack() as stack:
        header = _header(str(file.header), lengths)
        longest = max(lengths.values(), default=0)
        made = []
        for name, codes in files.items():
            path = folder / f"{name}.vcf.gz"
            temporary = stack.enter_context(whole_vcf(path, longest))
            writer = stack.enter_context(pysam.BGZFile(str(temporary), "w", None))
            writer.write(header.encode())
            made.append((writer, frozenset(map(int, codes))))
        number = 0
        for record in records_of(source, file):
            if number == len(verdict):
                break
            code = int(verdict[number])
            number += 1
            for writer, wanted in made:
                if code in wanted:
                    writer.write(_marked(str(record), WORDS[Verdict(code)]).encode())
        if number != len(verdict):
            raise InputError(f"{source}: changed while it was read; run again when it is whole")


def _marked(line: str, word: str) -> str:
    fields = line.split("\t")
    info = f"VERDICT={word}"
    fields[7] = info if fields[7] == "." else f"{fields[7]};{info}"
    return "\t".join(fields)


def _header(text: str, lengths: Mapping[str, int]) -> str:
    *lines, columns = text.rstrip("\n").split("\n")
    # An index may be made of what the header names only.
    start = "##contig=<ID="
    named = {
        re.split("[,>]", line.removeprefix(start))[0] for line in lines if line.startswith(start)
    }
    missing = [name for name in lengths if name not in named]
    lines += [f"##contig=<ID={name},length={lengths[name]}>" for name in missing]
    return "\n".join([*lines, INFO, columns, ""])
