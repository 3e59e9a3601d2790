"""A figure as one line of text that a page can carry inside itself."""

import base64
import io
import re
import warnings

from matplotlib.figure import Figure

from seqcnn.report.style import styled

# The reader's own sans-serif, so that figures and text agree; DejaVu Sans is wider than these,
# so what matplotlib laid out with it still fits.
_FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_OUTLINE = re.compile(r' d="([^"]*)"')
_DECIMALS = re.compile(r"(\.\d\d)\d+")


def image_uri(figure: Figure) -> str:
    """The figure as a `data:image/svg+xml` address; the same figure gives the same text."""
    buffer = io.StringIO()
    with styled(), warnings.catch_warnings():
        # A track may be named in letters that DejaVu lacks; the reader's fonts have them.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format="svg", dpi=150, metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = text.replace("font-family: 'DejaVu Sans', sans-serif", f"font-family: {_FONTS}")
    text = _OUTLINE.sub(lambda outline: _DECIMALS.sub(r"\1", outline.group()), text)
    text = re.sub(r"\n\s*", "\n", text)
    return "data:image/svg+xml;base64," + base64.b64encode(text.encode()).decode()
