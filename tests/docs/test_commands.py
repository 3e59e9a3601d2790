"""The command line's pages say all that its parsers know."""

import pytest

from docs_build.commands import Command, command_page, commands, index_table, parser_of
from seqcnn.cli import COMMANDS, WITH_VERBS
from seqcnn.settings.interpret.verbs import VERBS

FOUND = commands()
PREDICT_OUT = (
    "| `--out`{ #--out }, `-o`{ #-o } | PATH |  | a .tsv, a .tsv.gz, or a .bw of one output |"
)


def found(name: str) -> Command:
    return next(command for command in FOUND if command.name == name)


def test_every_command_and_verb_has_a_page() -> None:
    plain = {name for name in COMMANDS if name not in WITH_VERBS}
    assert {command.name for command in FOUND} == plain | {f"interpret {verb}" for verb in VERBS}
    assert found("interpret filters").page == "reference/cli/interpret-filters.md"


@pytest.mark.parametrize("command", FOUND, ids=lambda command: command.name)
def test_page_names_every_option_of_the_parser(command: Command) -> None:
    page = command_page(command)
    for parameter in parser_of(*command.words).params:
        for flag in (*parameter.opts, *parameter.secondary_opts):
            if flag.startswith("-"):
                assert f"`{flag}`{{ #{flag} }}" in page
    assert page.count("\n| `") == len(parser_of(*command.words).params)


def test_page_shows_usage_examples_and_options_with_type_and_help() -> None:
    page = command_page(found("predict"))
    assert "```text\nseqcnn predict BUNDLE INPUT [OPTIONS]\n```" in page
    assert "seqcnn predict model.safetensors sequences.fa --out predictions.tsv.gz\n" in page
    assert PREDICT_OUT in page
    assert "| `--batch-size`{ #--batch-size } | NUMBER | `256` | sequences at a time |" in page


def test_option_of_a_number_or_a_path_takes_one() -> None:
    assert "| `--dim`{ #--dim } | NUMBER |" in command_page(found("models"))
    assert "| `--out`{ #--out }, `-o`{ #-o } | PATH |" in command_page(found("demo"))


def test_argument_that_may_be_left_out_stands_in_brackets() -> None:
    assert found("models").usage == "seqcnn models [NAME] [OPTIONS]"


def test_long_example_is_broken_before_an_option() -> None:
    example = "seqcnn score-variants model.safetensors --genome hg38.fa --vcf in.vcf.gz"
    lines = [line for command in FOUND for shown in command.examples for line in shown.split("\n")]
    assert any(line.startswith("    --") for line in lines)
    assert any(shown.startswith(example) for shown in found("score-variants").examples)


def test_remark_at_an_example_is_a_comment_of_the_shell() -> None:
    assert "seqcnn models  # the list" in found("models").examples


def test_index_links_to_each_page() -> None:
    table = index_table(FOUND, "reference")
    assert "| [`seqcnn train`](cli/train.md) |" in table
    assert table.count("](cli/") == len(FOUND)
