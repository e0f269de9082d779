"""Whether the code word was said on a call, beside who is known: stop and time need both."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0012_field_day"),
    ]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="word_said",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
