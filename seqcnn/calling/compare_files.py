"""The records of a compared file, sorted into files by their verdict."""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pysam

from seqcnn.atomic import whole_file
from seqcnn.calling.compare import Verdict
from seqcnn.data.variants import TBI_LIMIT, move_index, open_variants, records_of
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
    not at all. `verdict` has one entry a record of `source`, `lengths` those of the contigs.

    Raises:
        InputError: the folder cannot be written, or `source` changed meanwhile.
    """
    with open_variants(source) as file, contextlib.ExitStack() as stack:
        header = _header(file, lengths)
        long = max(lengths.values(), default=0) > TBI_LIMIT
        target: dict[int, Any] = {}
        paths = []
        for name, codes in files.items():
            path = folder / f"{name}.vcf.gz"
            temporary = stack.enter_context(whole_file(path))
            writer = pysam.VariantFile(str(temporary), "wz", header=header)
            paths.append((path, temporary, writer))
            target.update({int(code): writer for code in codes})
        number = 0
        for record in records_of(source, file):
            if number == len(verdict):
                break
            code = int(verdict[number])
            number += 1
            if code in target:
                record.translate(header)
                record.info["VERDICT"] = WORDS[Verdict(code)]
                target[code].write(record)
        for _, _, writer in paths:
            writer.close()
        if number != len(verdict):
            raise InputError(f"{source}: changed while it was read; run again when it is whole")
        for path, temporary, _ in paths:
            move_index(temporary, path, long)


def _header(file: Any, lengths: Mapping[str, int]) -> Any:
    header = file.header.copy()
    header.add_line(INFO)
    for name, length in lengths.items():
        # htslib learns of a contig without a header line only when it meets its first record.
        if name not in header.contigs:
            header.contigs.add(name, length=length)
    return header
