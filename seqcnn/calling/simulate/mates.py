"""The fields in which SAM records of two mates speak of each other, and the MD tag."""

import pysam

PAIRED, PROPER, UNMAPPED, MATE_UNMAPPED = 0x1, 0x2, 0x4, 0x8
REVERSE, MATE_REVERSE, READ_1, READ_2 = 0x10, 0x20, 0x40, 0x80
DUPLICATE, SUPPLEMENTARY = 0x400, 0x800


def join_mates(one: pysam.AlignedSegment, two: pysam.AlignedSegment, longest: int) -> None:
    """Fill in flags, places and template lengths of the primary records of read 1 and read 2.

    A pair is proper when it points inward and is at most `longest` bp from end to end.
    """
    for record, mate in ((one, two), (two, one)):
        if record.flag & UNMAPPED and not mate.flag & UNMAPPED:
            record.reference_id = mate.reference_id
            record.reference_start = mate.reference_start
    point_to(one, two)
    point_to(two, one)
    one.flag |= READ_1
    two.flag |= READ_2
    last_one, last_two = one.reference_end, two.reference_end
    if last_one is None or last_two is None or one.reference_id != two.reference_id:
        return
    length = max(last_one, last_two) - min(one.reference_start, two.reference_start)
    leads = (one.reference_start, one.is_reverse) <= (two.reference_start, False)
    one.template_length = length if leads else -length
    two.template_length = -one.template_length
    if one.is_reverse == two.is_reverse or length > longest:
        return
    left, right = (two, one) if one.is_reverse else (one, two)
    if left.reference_start <= (right.reference_end or 0):
        one.flag |= PROPER
        two.flag |= PROPER


def point_to(record: pysam.AlignedSegment, mate: pysam.AlignedSegment) -> None:
    """Say in `record` where its mate is."""
    record.flag |= PAIRED
    if mate.flag & UNMAPPED:
        record.flag |= MATE_UNMAPPED
    if mate.flag & REVERSE:
        record.flag |= MATE_REVERSE
    record.next_reference_id = mate.reference_id
    record.next_reference_start = mate.reference_start


def mismatch_text(bases: str, reference: str, cigar: list[tuple[int, int]]) -> str:
    """The MD tag of a read.

    Args:
        bases: of the whole read, on the forward strand.
        reference: from the read's first aligned base to its last.
        cigar: (operation, length) with M, I, D and S only.
    """
    text: list[str] = []
    run = base = at = 0
    for operation, length in cigar:
        if operation == pysam.CMATCH:
            for shown, true in zip(
                bases[base : base + length], reference[at : at + length], strict=True
            ):
                if shown == true:
                    run += 1
                else:
                    text.append(f"{run}{true}")
                    run = 0
            base += length
            at += length
        elif operation == pysam.CDEL:
            text.append(f"{run}^{reference[at : at + length]}")
            run = 0
            at += length
        else:
            base += length
    return "".join([*text, str(run)])
