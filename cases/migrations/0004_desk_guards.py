"""What must never happen at the desk, refused by the database, and the rights the app role does not have there."""

from pathlib import Path

from django.conf import settings
from django.db import migrations

SQL = Path(__file__).with_name("0004_desk_guards.sql").read_text()
FRESH = "alarm callback draft handover listening presence recusal script telephonyevent written".split()
APPEND_ONLY = "telephonyevent script".split()


def restrict(apps, schema_editor):
    """Nothing of the desk is deleted, and what is appended is not rewritten."""
    app = settings.DATABASES["default"]["USER"]
    if app == schema_editor.connection.settings_dict["USER"]:
        return
    role = schema_editor.connection.ops.quote_name(app)
    for table in FRESH:
        schema_editor.execute(f"REVOKE DELETE ON cases_{table} FROM {role}")
    for table in APPEND_ONLY:
        schema_editor.execute(f"REVOKE UPDATE ON cases_{table} FROM {role}")


class Migration(migrations.Migration):
    dependencies = [("cases", "0003_desk")]

    operations = [
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
        migrations.RunPython(restrict, migrations.RunPython.noop),
    ]
