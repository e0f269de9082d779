"""Rules as text for a person to read and mend."""

import json
from pathlib import Path

from cases.planning.triage.written import as_text

DATA = json.loads((Path(__file__).resolve().parents[3] / "seeds/triage.json").read_text("utf-8"))


def test_the_text_holds_the_same_rules() -> None:
    assert json.loads(as_text(DATA)) == DATA


def test_keys_stand_in_the_order_of_the_documentation_whatever_order_they_came_in() -> None:
    shuffled = json.loads(json.dumps(DATA, sort_keys=True))
    assert as_text(shuffled) == as_text(DATA)
    floor = as_text(DATA["floors"][0])
    assert list(json.loads(floor))[:4] == ["code", "class", "protected", "when"]


def test_what_fits_stands_on_one_line() -> None:
    lines = as_text(DATA).splitlines()
    assert lines[1] == '  "version": 2,'
    assert '    "P1": {"acknowledge": 2, "recontact": 60},' in lines
    assert as_text({}) == "{}"
