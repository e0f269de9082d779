"""References survive a bad line: every single slip and every swap of neighbours is caught."""

from cases.planning import reference


def test_a_fresh_reference_is_heard_in_any_grouping():
    ref = reference.fresh()
    assert reference.heard(f"{ref[:4]} {ref[4:]}") == reference.heard(f"{ref[:4]}-{ref[4:]}") == ref


def test_every_single_slip_and_every_swap_is_caught():
    for _ in range(50):
        ref = reference.fresh()
        for at, digit in enumerate(ref):
            for other in set("0123456789") - {digit}:
                assert reference.heard(ref[:at] + other + ref[at + 1 :]) is None
            if at and ref[at - 1] != digit:
                assert reference.heard(ref[: at - 1] + digit + ref[at - 1] + ref[at + 1 :]) is None


def test_too_few_and_too_many_digits_are_no_reference():
    assert reference.heard("") is reference.heard("1234567") is reference.heard("123456789") is None
