"""Lets the tests of calling import the reference in text beside them, and what draws reads."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "encoders")]
