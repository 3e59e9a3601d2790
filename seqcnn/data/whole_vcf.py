"""VCF files that appear whole, with the index that belongs to them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pysam

from seqcnn.atomic import whole_file

TBI_LIMIT = 1 << 29  # a .tbi index cannot hold positions beyond this; a .csi can


@contextmanager
def silent_htslib() -> Iterator[None]:
    """htslib tells stderr what it also reports to us as an error."""
    before = pysam.set_verbosity(0)
    try:
        yield
    finally:
        pysam.set_verbosity(before)


@contextmanager
def whole_vcf(path: Path | str, longest: int) -> Iterator[Path]:
    """As `whole_file`, with an index beside it where the name ends in .gz (bgzip is the caller's).

    The index is a .tbi, or a .csi where `longest`, the length of the longest contig in bp, needs
    it. The old index goes first, then the file comes, then its index: whenever that is cut off, a
    file stands with its own index or with none, never with another's.

    Raises:
        InputError: the folder is missing or cannot be written, or the disk is full.
    """
    path = Path(path)
    with ExitStack() as stack:
        stack.enter_context(silent_htslib())
        if path.suffix != ".gz":
            yield stack.enter_context(whole_file(path))
            return
        csi = longest > TBI_LIMIT
        indices = {ending: path.with_name(path.name + ending) for ending in (".tbi", ".csi")}
        # Inner contexts are left first: the file is moved before the index.
        index = stack.enter_context(whole_file(indices[".csi" if csi else ".tbi"]))
        temporary = stack.enter_context(whole_file(path))
        yield temporary
        pysam.tabix_index(
            str(temporary), preset="vcf", index=str(index), force=True, keep_original=True, csi=csi
        )
        for old in indices.values():
            old.unlink(missing_ok=True)
