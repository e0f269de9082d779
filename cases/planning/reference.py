"""Case references: seven random digits and a check digit, speakable over a bad line."""

import secrets

# The quasigroup of H. M. Damm (2004), order 10: catches every single wrong digit and every swap of neighbours.
DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)


def _run(digits: str) -> int:
    state = 0
    for digit in digits:
        state = DAMM[state][int(digit)]
    return state


def fresh() -> str:
    """A random reference: eight digits, the last one the check digit."""
    digits = f"{secrets.randbelow(10**7):07d}"
    return digits + str(_run(digits))


def heard(said: str) -> str | None:
    """The reference in what was said or typed ("4821 0937", "4821-0937"); None when a digit was misheard."""
    digits = "".join(char for char in said if char.isdigit())
    return digits if len(digits) == 8 and _run(digits) == 0 else None
