"""Print how two trained bundles differ on the same rows, paired, with 95 % intervals.

    python benchmarks/compare_bundles.py a/model.safetensors b/model.safetensors [--split test]

The data are those that the first bundle was trained on; both must predict the same outputs.
"""

import argparse
from pathlib import Path

import numpy as np

import seqcnn
from seqcnn.settings import DataSettings, resolve
from seqcnn.tasks import get_task
from seqcnn.tasks.target import part_targets
from seqcnn.training import metrics


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundles", nargs=2, type=Path)
    parser.add_argument("--split", default="test", choices=("val", "test"))
    chosen = parser.parse_args()
    models = [seqcnn.load(path) for path in chosen.bundles]
    if models[0].outputs != models[1].outputs:
        raise seqcnn.InputError("the bundles have other outputs; name two of the same tracks")
    task = models[0].card["task"]
    told = {name: task["settings"][name] for name in DataSettings.model_fields}
    data = get_task(task["name"]).read(resolve(DataSettings, None, {}, told))
    examples = data.splits[chosen.split]
    values = [np.concatenate(list(model.predict_batches(examples))) for model in models]
    print(f"| {chosen.split}: first less second | difference [95 %] |\n|---|--:|")
    for columns, part in data.target.parts(len(data.outputs)):
        targets = part_targets(examples.targets, columns)
        ours, observed = part.comparable(values[0][:, columns], targets)
        theirs, _ = part.comparable(values[1][:, columns], targets)
        for metric in part.compared:
            if metric == "mcc" and part.baselines == "binary":
                continue  # depends on each bundle's thresholds
            gain = metrics.compare(metric, ours, theirs, observed, groups=examples.groups())
            print(f"| {metric} | {gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}] |")


if __name__ == "__main__":
    main()
