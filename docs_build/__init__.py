"""What the documentation's site is made of beside docs/: read by MkDocs through `hooks.py`."""
