"""One typed line into persons: "ж 78 лежачая, м лежачий", "2 дети 5 9", "woman 78 assisted".

Pure. What is not understood stays in `rest`, word for word: nothing heard is lost.
"""

from .draft import LineError, PersonDraft, band_of_age
from .headcount import parse_headcount
from .parser import parse

__all__ = ["LineError", "PersonDraft", "band_of_age", "parse", "parse_headcount"]
