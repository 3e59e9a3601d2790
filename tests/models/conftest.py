"""Lets the tests of models import the battery beside them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
