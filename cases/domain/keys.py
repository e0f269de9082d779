"""New data keys for new subjects."""

from cases.models import DataKey


def fresh(count: int = 1) -> list[DataKey]:
    """`count` saved data keys, in one INSERT."""
    return DataKey.objects.bulk_create([DataKey.fresh() for _ in range(count)])
