"""Where a pointer leads: what was merged away is locked as what stands for it, so that nothing said of it is lost."""

from cases.models import Case, Household


def lock_household(pk: int) -> Household:
    """Lock a household, or the one it was merged into by now."""
    household: Household = Household.objects.locked().select_related("data_key").get(pk=pk)
    while household.merged_into_id is not None:
        household = Household.objects.locked().select_related("data_key").get(pk=household.merged_into_id)
    return household


def lock_case(pk: int) -> Case:
    """Lock a case, or the one it is a duplicate of by now, and its household before it."""
    while True:
        found = Case.objects.get(pk=pk)
        household = lock_household(found.household_id)
        case: Case = Case.objects.locked().select_related("household__data_key").get(pk=pk)
        if case.master_id is None and case.household_id == household.pk:
            return case
        pk = case.master_id or pk
