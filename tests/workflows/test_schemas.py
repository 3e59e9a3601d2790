"""What the schemas of configurations say is what config.yaml and the list of networks say."""

import pytest
import yaml
from workflow_runs import WORKFLOWS, snakemake

from seqcnn.models.describe import model_list

# What reads DNA or pictures; these two read pileups, which train-caller names itself.
OF_READS = {"pileup", "counts"}


def schema(path: str) -> dict:
    return yaml.safe_load((WORKFLOWS / path).read_text())


@pytest.mark.parametrize(
    "workflow", ["accessibility", "binding", "call-variants", "train-caller", "zoo"]
)
def test_a_module_gets_what_the_configuration_file_says_unless_it_must_say_it(workflow):
    told = yaml.safe_load((WORKFLOWS / workflow / "config.yaml").read_text())
    rules = schema(f"{workflow}/config.schema.yaml")
    defaults = {
        name: rule["default"] for name, rule in rules["properties"].items() if "default" in rule
    }
    assert {name: told[name] for name in told if name not in rules["required"]} == defaults


@pytest.mark.parametrize("workflow", ["accessibility", "binding"])
def test_models_of_a_config_are_the_networks_for_sequences(workflow):
    named = schema(f"{workflow}/config.schema.yaml")["properties"]["models"]["items"]["enum"]
    known = [model.name for model in model_list() if 1 in model.dims]
    assert named == [name for name in known if name not in OF_READS]


def test_models_of_the_sheet_of_the_zoo_are_all_networks():
    row = schema("zoo/networks.schema.yaml")["additionalProperties"]["additionalProperties"]
    known = [model.name for model in model_list()]
    assert row["properties"]["model"]["enum"] == [name for name in known if name not in OF_READS]


def test_a_misspelt_network_is_refused_before_anything_runs(tmp_path):
    pytest.importorskip("snakemake", reason="needs snakemake: pip install 'seqcnn[workflows]'")
    folder = WORKFLOWS / "binding"
    outcome = snakemake(
        folder / "Snakefile", tmp_path, "--configfile", folder / "demo.yaml",
        "--config", "models=[basset, resnett18]", "--cores", "1", "--dry-run",
    )  # fmt: skip
    assert outcome.returncode == 1
    assert "'resnett18' is not one of" in outcome.stdout
    assert "On instance['models'][1]" in outcome.stdout
