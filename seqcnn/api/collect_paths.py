"""What a path holds that `seqcnn report` was given: found from its content, never its name."""

import gzip
import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

from seqcnn.api.folder import BUNDLE, CHECKED, RESULTS, SETTINGS
from seqcnn.data.textfiles import GZIP_MAGIC
from seqcnn.errors import InputError
from seqcnn.report.panels import ENDING

Kind: TypeAlias = Literal[
    "run", "evaluation", "comparison", "calls", "scores", "panels", "bundle", "link", "index"
]
KNOWN = (
    "folders of seqcnn train, compare and interpret, bundles (.safetensors), JSON of evaluate and "
    "compare, called VCFs, outputs of score-variants and predict"
)
DEEP = 3  # folders within folders
ENDINGS = (".json", ".vcf", ".bcf", ".gz", ".tsv", ".parquet")
OURS = b"\n##seqcnn_model="  # in a VCF: called by seqcnn
HEAD = 1 << 16  # bytes that tell what a file is


class Given(NamedTuple):
    """A path and what it holds; for links `words` say what it is."""

    kind: Kind
    path: Path
    words: str = ""


def look(paths: Sequence[Path]) -> list[Given]:
    """What each path is, in the given order, each once.

    A folder that is nothing itself stands for what seqcnn wrote in it and in its folders.

    Raises:
        InputError: a path is missing, is nothing known, or holds a run that is not finished.
    """
    found = [given for path in paths for given in (_folder if path.is_dir() else _file)(path)]
    once = {given.path.resolve(): given for given in reversed(found)}
    kept = [given for given in once.values() if given.kind != "index"][::-1]
    if not kept:
        raise InputError(f"{paths[0]}: is an index, nothing to report; known: {KNOWN}")
    return kept


def _folder(path: Path) -> list[Given]:
    given = _own(path)
    if given is not None:
        return [given]
    if within := _within(path, DEEP):
        return within
    if (path / SETTINGS).exists():
        raise InputError(
            f"{path}: holds a run that is not finished; go on with it (seqcnn train --resume "
            f"--out {path}), or leave it out"
        )
    inside = "; name the VCFs in it" if any(path.glob("*.vcf*")) else ""
    raise InputError(f"{path}: a folder with nothing known in it{inside}; known: {KNOWN}")


def _within(path: Path, deep: int) -> list[Given]:
    """What is known in a folder: all that seqcnn wrote, and nothing of what others did."""
    found: list[Given] = []
    for child in sorted(path.iterdir()):
        if child.name.startswith("."):
            continue
        if child.is_dir():
            one = _own(child)
            found += [one] if one else _within(child, deep - 1) if deep else []
        elif child.suffix in ENDINGS:
            try:
                known = _file(child)
            except InputError:
                continue
            found += [one for one in known if one.kind not in ("link", "index", "bundle", "run")
                      and (one.kind != "calls" or OURS in head_of(child))]  # fmt: skip
    return found


def _own(path: Path) -> Given | None:
    """What a folder itself is."""
    results = read_json(path / RESULTS) if (path / RESULTS).is_file() else None
    if _is_evaluation(results) and any((path / name).exists() for name in (SETTINGS, BUNDLE)):
        return Given("run", path)
    summary = path / "summary.json"
    if summary.is_file() and _is_comparison(read_json(summary)):
        return Given("comparison", path)
    if any(path.glob(f"*{ENDING}")):
        return Given("panels", path)
    page = path / CHECKED.replace(".json", ".html")
    if (path / CHECKED).is_file():
        return Given(
            "link", page if page.is_file() else path / CHECKED, "data as they were checked"
        )
    return None


def _file(path: Path) -> list[Given]:
    if not path.exists():
        raise InputError(f"{path}: no such file or folder; wanted {KNOWN}")
    head = head_of(path)
    if head.startswith((b"TBI\x01", b"CSI\x01")):
        return [Given("index", path)]
    if head.startswith((b"##fileformat=VCF", b"BCF")):
        scored = b"\n##seqcnn_score_variants=" in head or b"\n##seqcnn_track=" in head
        return [Given("scores" if scored else "calls", path)]
    if head.startswith(b"PAR1"):
        return [Given("scores", path)]
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < path.stat().st_size:
        beside = path.parent / RESULTS
        return _folder(path.parent) if beside.is_file() else [Given("bundle", path)]
    if head.startswith((b"\x26\xfc\x8f\x88", b"\x88\x8f\xfc\x26")):
        return [Given("link", path, "predictions, bigWig")]
    if head.lstrip()[:1] in (b"{", b"["):
        known = _json_kind(path)
        if known:
            return [known]
    columns = head.partition(b"\n")[0].decode("utf-8", "replace").rstrip("\r").split("\t")
    if {"contig", "pos", "ref", "alt", "track", "difference"} <= set(columns):
        return [Given("scores", path)]
    if columns[:4] == ["contig", "start", "end", "split"]:
        return [Given("link", path, "windows and their split")]
    if columns[0] in ("name", "file") or columns[:3] == ["contig", "start", "end"]:
        return [Given("link", path, "predictions")]
    hint = "; name its folder" if head[:15].lower().startswith(b"<!doctype html") else ""
    raise InputError(f"{path}: is nothing that seqcnn report knows{hint}; known: {KNOWN}")


def _json_kind(path: Path) -> Given | None:
    content = read_json(path)
    if _is_evaluation(content):
        return Given("evaluation", path)
    if _is_comparison(content):
        return Given("comparison", path)
    if isinstance(content, dict) and {"verb", "tiles", "findings"} <= content.keys():
        return Given("panels", path.parent)
    return None


def _is_evaluation(content: Any) -> bool:
    return isinstance(content, dict) and {"split", "CNN"} <= content.keys()


def _is_comparison(content: Any) -> bool:
    return isinstance(content, dict) and {"rows", "roc", "settings"} <= content.keys()


def read_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises:
        InputError: it cannot be read, or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise InputError(f"{path}: not whole JSON ({error}); write it again") from None


def head_of(path: Path) -> bytes:
    """The first bytes of a file, unpacked where it is gzip or bgzip.

    Raises:
        InputError: it cannot be read, or the packed data are damaged.
    """
    try:
        with path.open("rb") as raw:
            start = raw.read(HEAD)
        if not start.startswith(GZIP_MAGIC):
            return start
        with gzip.open(path) as packed:
            return packed.read(HEAD)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from None
    except (EOFError, zlib.error) as error:
        raise InputError(f"{path}: the gzip data is damaged ({error}); copy it again") from None
