"""The papers of a convoy as PDF: what goes on the road in hands, made from plain rows, without a database.

A template never meets what people said as source: it reads one JSON object, and strings of it are set as text. It
reads no other file, since its root is this directory and it opens nothing but its own page.
"""

import json
from pathlib import Path
from typing import Any, Final

import typst
from django.utils import translation

from cases.planning.papers.content import content
from cases.planning.papers.shapes import KINDS, Papers, Party, Rider, Stopping

__all__ = ["KINDS", "Papers", "Party", "Rider", "Stopping", "pdf"]

HERE: Final = Path(__file__).resolve().parent
# The fonts that come with the typesetter have the letters of all three languages; a machine's own would differ.
FONTS: Final = typst.Fonts(include_system_fonts=False)


def pdf(kind: str, papers: Papers, *, language: str) -> bytes:
    """One paper in one language, as the bytes of a PDF (A4)."""
    with translation.override(language):
        data = content(kind, papers) | {"language": language}
    return _typeset(kind, data)


def _typeset(kind: str, data: dict[str, Any]) -> bytes:
    inputs = {"data": json.dumps(data, ensure_ascii=False)}
    made: bytes = typst.compile(str(HERE / f"{kind}.typ"), root=str(HERE), font_paths=FONTS, sys_inputs=inputs)
    return made
