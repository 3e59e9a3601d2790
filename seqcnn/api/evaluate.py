"""Measure a trained bundle on a split, or on other data."""

from pathlib import Path
from typing import Any, get_args

import numpy as np

from seqcnn.api import folder as files
from seqcnn.api.evaluation import Evaluation, evaluate_values
from seqcnn.api.model import load
from seqcnn.errors import InputError
from seqcnn.settings import DataSettings, EvaluateSettings, read_config, resolve
from seqcnn.tasks import get_task
from seqcnn.tasks.labels import MultiClass
from seqcnn.tasks.task import TaskData

# Settings that are files or folders.
FILES = [
    name
    for name, field in DataSettings.model_fields.items()
    if Path in (field.annotation, *get_args(field.annotation))
]


def evaluate(bundle: Path | str, *, config: Path | None = None, **flags: Any) -> Evaluation:
    """Metrics of a bundle with intervals, beside baselines trained on the same training split.

    The data are those of training unless other data settings are given.

    Raises:
        InputError: the bundle or the data cannot be used, or the data have other outputs.
    """
    settings = resolve(EvaluateSettings, config, {**flags, "bundle": Path(bundle)}, {})
    model = load(settings.bundle, device=settings.device, precision=settings.precision)
    trained_on, known = training_settings(settings.bundle, model.card)
    data_names = set(DataSettings.model_fields)
    given = {name: getattr(settings, name) for name in settings.model_fields_set & data_names}
    task = get_task(model.card["task"]["name"])
    sources = {name for name in task.sources if name in given}
    base = {name: value for name, value in trained_on.items() if name in data_names}
    if sources - {"genome"}:
        # Other data replace all the sources of training, so that no file of it is mixed in.
        others = ("val_table", "test_table", "val_bam", "regions", "negatives")
        for name in (*task.sources, *others):
            base.pop(name, None)
    if not known:
        _require_files(settings.bundle, base, given)
        base = {name: value for name, value in base.items() if name not in FILES}
    chosen = resolve(DataSettings, None, given, base)
    data = task.read(chosen)
    if settings.split not in data.splits:
        raise InputError(f"--split {settings.split}: the data have {', '.join(data.splits)} only")
    columns = data.target.columns(data.outputs)
    if len(columns) != len(model.outputs):
        raise InputError(
            f"the data have {len(columns)} outputs ({', '.join(columns[:3])}, …), "
            f"{settings.bundle} predicts {len(model.outputs)}; give the files of the same tracks"
        )
    if isinstance(data.target, MultiClass) and columns != model.outputs:
        theirs, ours = (", ".join(names[:5]) for names in (columns, model.outputs))
        raise InputError(
            f"the data have classes {theirs}, {settings.bundle} predicts {ours}; give data of the "
            "same classes"
        )
    examples = data.splits[settings.split]
    model.encoding.require(data.encoding, str(settings.bundle))
    model.encoding = model.encoding.seen_as(data.encoding)
    values = np.concatenate(list(model.predict_batches(examples)))
    evaluation = evaluate_values(
        data,
        settings.split,
        values,
        thresholds=np.asarray(model.card["thresholds"]),
        seed=settings.seed,
        baselines=settings.baselines or settings.knn,
        embed=model.embeddings if settings.knn else None,
    )
    if settings.json_out is not None:
        files.write_json(
            settings.json_out, {**evaluation.to_dict(), **_measured(model.card, data, chosen)}
        )
    return evaluation


def _measured(card: dict[str, Any], data: TaskData, settings: DataSettings) -> dict[str, Any]:
    """What was measured on what, by which `seqcnn report` knows what may be compared."""
    told = ("architecture", "parameters", "members", "outputs", "task", "created")
    return {
        "bundle": {name: card[name] for name in told if name in card},
        "data": files.describe_files(data.files),
        "data_settings": files.names_only(settings.model_dump(mode="json")),
    }


def training_settings(bundle: Path, card: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """The settings that a bundle was trained with, and whether the places of its files are known.

    They are while the bundle lies beside the run.yaml of its run; its card has their names only.
    """
    names = files.names_only(card["task"]["settings"])
    run = bundle.parent / files.SETTINGS
    if run.is_file():
        saved = read_config(run)
        if files.names_only(saved) == names:
            return saved, True
    return names, False


def _require_files(bundle: Path, base: dict[str, Any], given: dict[str, Any]) -> None:
    wanted = {name: base[name] for name in FILES if base.get(name) and name not in given}
    wanted.pop("images_folder", None)  # a cache
    if not wanted:
        return
    flags = " ".join("--" + name.replace("_", "-") for name in wanted)
    value = next(iter(wanted.values()))
    name = value[0] if isinstance(value, list) else value
    raise InputError(
        f"{bundle}: has only the names of its training data ({name}, …), and the run.yaml of its "
        f"run is not beside it; give {flags}"
    )
