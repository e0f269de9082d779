"""Are these two records of one person? Agreements and contradictions are weighed, and a person decides.

I. P. Fellegi, A. B. Sunter, A Theory for Record Linkage (1969): each field's agreement has a weight, the sum is
compared with two thresholds, and what lies between goes to clerical review. Two rules stand above the sum: names alone
never make anybody the same, and one contradiction is never outweighed into "same".
"""

from cases.planning.matching.evidence import in_words
from cases.planning.matching.profile import Profile, read_birth, reckoned
from cases.planning.matching.verdict import Match, Verdict, compare

__all__ = ["Match", "Profile", "Verdict", "compare", "in_words", "read_birth", "reckoned"]
