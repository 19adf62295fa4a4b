"""Figures and reports for paper, set by Typst: a template of ours, and data as JSON."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import typst
from PIL import Image

FOLDER: Final = Path(__file__).parent
DOTS_PER_INCH: Final = 300

Kind = Literal["svg", "png", "pdf"]


def typeset(template: str, kind: Kind, data: Mapping[str, Any], **drawings: str) -> bytes:
    """Return a document of one page as SVG or PNG (300 dpi), or of any length as PDF.

    Parameters
    ----------
    template
        "figure" or "report".
    data
        Words and figures; whatever they hold is set as text, never read as markup.
    **drawings
        SVG drawings by the name under which the template asks for them.
    """
    inputs = {"data": json.dumps(data, ensure_ascii=False), **drawings}
    made: bytes = typst.compile(
        (FOLDER / f"{template}.typ").read_bytes(), format=kind, ppi=float(DOTS_PER_INCH), sys_inputs=inputs
    )
    return _with_density(made) if kind == "png" else made


def _with_density(png: bytes) -> bytes:
    """Say in the file how many dots an inch has: word processors then place it at its true size."""
    held = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        image.save(held, "PNG", dpi=(DOTS_PER_INCH, DOTS_PER_INCH))
    return held.getvalue()
