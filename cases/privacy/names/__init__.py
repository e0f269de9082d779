"""Personal names as people say and type them, made comparable: what they are indexed, searched and told apart by.

Pure but for the table of given names, `seeds/given_names.csv`. Nothing here is stored in clear.
"""

from cases.privacy.names.given import GivenNames, given_names, seed_file
from cases.privacy.names.spelling import (
    CYRILLIC,
    LATIN,
    deletions,
    skeleton,
    skeletons,
    stem,
    words,
)
from cases.privacy.names.tokens import Asked, asked, index_tokens, scheme, tokens
from cases.privacy.names.words import MOST_WORDS, Word, said, ways, word

__all__ = [
    "CYRILLIC",
    "LATIN",
    "MOST_WORDS",
    "Asked",
    "GivenNames",
    "Word",
    "asked",
    "deletions",
    "given_names",
    "index_tokens",
    "said",
    "scheme",
    "seed_file",
    "skeleton",
    "skeletons",
    "stem",
    "tokens",
    "ways",
    "word",
    "words",
]
