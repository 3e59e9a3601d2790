"""Lets the tests of training import the toy run beside them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
