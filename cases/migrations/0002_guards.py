"""What must never happen, refused by the database itself: plain triggers, and rights the app role does not have.

Every guard raises SQLSTATE 23514 (check_violation) with the guard's name as CONSTRAINT.
"""

from pathlib import Path

from django.conf import settings
from django.db import migrations

SQL = Path(__file__).with_name("0002_guards.sql").read_text()

# Rows of these may be deleted by the app role; of everything else, nothing.
MAY_DELETE = """
    cases_specificneed cases_indextoken cases_calldisposition cases_placekey cases_kitline cases_idempotency
    cases_job cases_worker
    hotline_cache django_session
    account_emailaddress account_emailconfirmation mfa_authenticator
""".split()
APPEND_ONLY = "cases_event cases_disclosure cases_decision cases_score cases_stockmove cases_mergemove".split()
PLACES = "seats, wheelchairs, stretchers, animals, luggage"


def restrict(apps, schema_editor):
    """Take away from the app role what would let it go round the guards."""
    connection = schema_editor.connection
    app = settings.DATABASES["default"]["USER"]
    if app == connection.settings_dict["USER"]:
        return
    role = connection.ops.quote_name(app)
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    run = schema_editor.execute
    for table in tables:
        if table not in MAY_DELETE:
            run(f"REVOKE DELETE ON {table} FROM {role}")
    for table in APPEND_ONLY:
        run(f"REVOKE UPDATE ON {table} FROM {role}")
    run(f"GRANT UPDATE (seq, hash) ON cases_event TO {role}")
    run(f"REVOKE INSERT, UPDATE ON cases_balance FROM {role}")
    run(f"REVOKE UPDATE ON cases_leg FROM {role}")
    run(f"GRANT UPDATE ({PLACES}) ON cases_leg TO {role}")
    run(f"GRANT DELETE ON cases_leg TO {role}")
    run(f"REVOKE INSERT, UPDATE ON django_migrations FROM {role}")


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_tables")]

    operations = [
        migrations.RunSQL(SQL, migrations.RunSQL.noop),
        migrations.RunPython(restrict, migrations.RunPython.noop),
    ]
