"""The tables that `caller_accuracy.py` prints, in Markdown."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from caller_judge import Row, row_of

PROGRAM_ROWS = ("bcftools", "bcftools QUAL>=20", "freebayes", "freebayes QUAL>=20")
BAR = "simulated 30x"  # where half of the errors of the others are asked for
DISTANCES = (0, 10, 30, 60, 100, 150)  # bp from an end of a contig
KINDS = ("zygosity", "length", "homopolymer", "copied sequence")
Result = dict[str, Any]  # a set: name, group, use, false_calls, and rows by caller


def real_table(results: Sequence[Result]) -> str:
    """Found, missed and false calls of the real sets."""
    lines = ["| set | use | caller | SNP found | missed | false | indel found | missed | false "
             "| F1 |", "|---|---|---|--:|--:|--:|--:|--:|--:|--:|"]  # fmt: skip
    for result in results:
        known = result["false_calls"] != "none"
        for caller, rows in result["callers"].items():
            cells = [result["name"], result["use"], caller]
            for kind in ("SNP", "INDEL"):
                row = row_of(rows, "type", kind)
                cells += [str(row["tp"]), str(row["fn"]), str(row["fp"]) if known else "-"]
            f1 = row_of(rows, "type", "all")["f1"][0]
            cells.append(f"{f1:.4f}" if known and f1 is not None else "-")
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def simulated_table(results: Sequence[Result]) -> str:
    """Errors, recall and precision of the simulated sets, with intervals."""
    lines = ["| set | caller | SNP errors | recall % | precision % | indel errors | recall % "
             "| precision % |", "|---|---|--:|--:|--:|--:|--:|--:|"]  # fmt: skip
    for result in results:
        for caller, rows in result["callers"].items():
            cells = [result["name"], caller]
            for kind in ("SNP", "INDEL"):
                row = row_of(rows, "type", kind)
                cells += [str(errors(row)), share(row["recall"]), share(row["precision"])]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def kinds_table(result: Result, group: str) -> str:
    """Errors (missed + false) of each kind of one set, and the number of true variants."""
    callers = list(result["callers"])
    first = next(iter(result["callers"].values()))
    lines = [f"| {result['name']}: {group} | true | {' | '.join(callers)} |",
             f"|---|--:|{'--:|' * len(callers)}"]  # fmt: skip
    for row in first:
        if row["group"] != group or row["tp"] + row["fn"] + row["fp"] == 0:
            continue
        cells = []
        for rows in result["callers"].values():
            mine = row_of(rows, group, row["type"], row["name"])
            cells.append(f"{errors(mine)} ({mine['fn']} + {mine['fp']})")
        true = row["tp"] + row["fn"]
        lines.append(f"| {row['type']} {row['name']} | {true:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def ends_table(cut: Result, whole: Result) -> str:
    """What is lost near the ends of short contigs, of what was found in the whole sequence."""
    names = [f"{low}-{high - 1} bp" for low, high in pairwise(DISTANCES)]
    lines = [f"| lost in short contigs, by distance from the end | {' | '.join(names)} | further |",
             f"|---|{'--:|' * (len(names) + 1)}"]  # fmt: skip
    for caller, cells in lost_at_ends(cut, whole).items():
        told = [f"{lost} of {number:,}" for lost, number in cells]
        lines.append(f"| {caller} | {' | '.join(told)} |")
    return "\n".join(lines)


def lost_at_ends(cut: Result, whole: Result) -> dict[str, list[tuple[int, int]]]:
    """By caller and distance: variants lost, and those that it found in the whole sequence."""
    found = {}
    for caller in cut["missed"]:
        if caller not in whole["missed"]:
            continue
        missed = {tuple(one) for one in cut["missed"][caller]}
        before = {tuple(one) for one in whole["missed"][caller]}
        counts = [[0, 0] for _ in DISTANCES]
        for contig, pos, distance in cut["true"]:
            if _whole(contig, pos) in before:
                continue
            cell = counts[bisect_right(DISTANCES, distance) - 1]
            cell[0] += (contig, pos) in missed
            cell[1] += 1
        found[caller] = [(lost, number) for lost, number in counts]
    return found


def _whole(contig: str, pos: int) -> tuple[str, int]:
    """Where a position of a short contig is in the sequence that it was cut from."""
    name, _, first = contig.rpartition("_")
    return name, int(first) + pos


def trio_table(rows: Sequence[dict[str, Any]]) -> str:
    """Mendelian violations."""
    lines = ["| trio, 10 kb (test) | alleles checked | violations |", "|---|--:|--:|"]
    lines += [f"| {row['caller']} | {row['alleles']} | {row['violations']} |" for row in rows]
    return "\n".join(lines)


def bars(results: Sequence[Result]) -> Iterator[str]:
    """Whether the accuracy asked for is reached, one line a set and kind."""
    judges = {"real": _real_bar, "simulated": _simulated_bar}
    for result in results:
        callers = result["callers"]
        theirs = {name: callers[name] for name in PROGRAM_ROWS if name in callers}
        for ours in ("seqcnn", "counts only"):
            if ours in callers and theirs and result["group"] in judges:
                yield from judges[result["group"]](result, ours, callers[ours], theirs)
    by_group = {result["group"]: result for result in results if result["group"] == "ends"}
    whole = next((one for one in results if one["name"] == BAR), None)
    if by_group and whole:
        yield from _ends_bar(by_group["ends"], whole)


def _ends_bar(cut: Result, whole: Result) -> Iterator[str]:
    shares = {
        caller: (sum(lost for lost, _ in cells[:-1]), sum(number for _, number in cells[:-1]))
        for caller, cells in lost_at_ends(cut, whole).items()
    }
    best = min((name for name in shares if name in PROGRAM_ROWS),
               key=lambda name: shares[name][0] / max(1, shares[name][1]))  # fmt: skip
    for ours in ("seqcnn", "counts only"):
        if ours in shares:
            (lost, number), (theirs, of) = shares[ours], shares[best]
            holds = lost * of <= theirs * number
            told = f"{lost} of {number} lost near ends; {best} {theirs} of {of}"
            if "oracle" in shares:
                told += f"; candidates {shares['oracle'][0]} of {shares['oracle'][1]}"
            yield _line(cut, ours, "all", holds, told)


def _simulated_bar(
    result: Result, ours: str, mine: list[Row], theirs: dict[str, list[Row]]
) -> Iterator[str]:
    for kind in ("SNP", "INDEL"):
        best = min(theirs, key=lambda name: errors(row_of(theirs[name], "type", kind)))
        wrong = errors(row_of(mine, "type", kind))
        bar = errors(row_of(theirs[best], "type", kind)) / 2
        told = f"{wrong} errors; half of {best}'s is {bar:g}"
        if result["name"] == BAR:
            yield _line(result, ours, kind, wrong <= bar, told)
        else:
            yield f"- no bar: {result['name']}, {ours}, {kind}: {told}"


def _real_bar(
    result: Result, ours: str, mine: list[Row], theirs: dict[str, list[Row]]
) -> Iterator[str]:
    known = result["false_calls"] != "none"

    def merit(rows: list[Row]) -> float:
        row = row_of(rows, "type", "all")
        return float((row["f1"][0] if known else row["recall"][0]) or 0)

    best = max(theirs, key=lambda name: merit(theirs[name]))
    us, them = row_of(mine, "type", "all"), row_of(theirs[best], "type", "all")
    holds = us["tp"] >= them["tp"]
    told = f"{us['tp']} found, {best} {them['tp']}"
    if known:
        holds = holds and (us["fp"] < them["fp"] or us["fp"] == 0)
        told += f"; {us['fp']} false, {best} {them['fp']}"
    yield _line(result, ours, "all", holds, told)


def _line(result: Result, ours: str, kind: str, holds: bool, told: str) -> str:
    return f"- {'holds' if holds else 'FAILS'}: {result['name']}, {ours}, {kind}: {told}"


def errors(row: Row) -> int:
    """Missed and false together."""
    return int(row["fn"] + row["fp"])


def share(interval: Sequence[float | None]) -> str:
    """A share in per cent with its interval."""
    if interval[0] is None:
        return "-"
    value, low, high = (100 * float(part or 0) for part in interval)
    return f"{value:.2f} [{low:.2f}, {high:.2f}]"
