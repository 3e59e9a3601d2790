"""`seqcnn report`."""

from pathlib import Path
from typing import Any

from seqcnn.cli.options import settings_command
from seqcnn.settings.report import ReportSettings

EPILOG = """Examples:

seqcnn report runs/* --out report.html

seqcnn report calls/*.vcf.gz compared/* --out samples.html --title "Trio"

seqcnn report runs/seed0 runs/seed1 scored.tsv interpreted --out report.html
"""
PANELS: dict[str, tuple[str, ...]] = {"Main": ("paths", "out", "title", "config")}


def run(config: Path | None, flags: dict[str, Any]) -> None:
    from seqcnn.api.collect import report

    found = report(flags.pop("paths"), config=config, quiet=False, **flags)
    print(found)
    if found.path is None:
        print("nothing is written: --out report.html makes the page and its tables")


command = settings_command(ReportSettings, run, PANELS, short={"out": "-o"}, arguments=("paths",))
