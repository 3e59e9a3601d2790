"""Lets the tests of encoders import what draws reads beside them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
