"""Settlement names as people say and type them: three spellings, any case, Surzhyk, slips.

Pure. `fold` brings the spellings together, `stem` the grammatical cases, `rank` the typing.
"""

from .ranking import rank
from .spelling import fold, keys, stem

__all__ = ["fold", "keys", "rank", "stem"]
