"""A draft of the triage rules may be thrown away; the trigger on the table still refuses it for what is published."""

from django.conf import settings
from django.db import migrations


def allow(apps, schema_editor):
    """The app role was never to delete a version; of drafts there were none."""
    app = settings.DATABASES["default"]["USER"]
    if app == schema_editor.connection.settings_dict["USER"]:
        return
    schema_editor.execute(f"GRANT DELETE ON cases_triagerules TO {schema_editor.connection.ops.quote_name(app)}")


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_roster")]

    operations = [
        migrations.AlterModelOptions(name="triagerules", options={"verbose_name_plural": "triage rules"}),
        migrations.RunPython(allow, migrations.RunPython.noop),
    ]
