"""Whom a report of the road was told is found by an index when it is taken back."""

from django.db import migrations, models
from django.db.models.functions import Right


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0016_second_person_in_time"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                Right("key", 36),
                condition=models.Q(("kind__in", ["call_household", "write_household"])),
                name="job_told_of",
            ),
        ),
    ]
