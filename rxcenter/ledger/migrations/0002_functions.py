"""The database functions that append and guard events. The SQL stands beside this file."""

from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [
        migrations.RunSQL(
            (Path(__file__).parent / "functions.sql").read_text(encoding="utf-8"),
            "DROP FUNCTION ledger_refuse() CASCADE; DROP FUNCTION ledger_append(json), ledger_content; "
            "DROP AGGREGATE ledger_chain(bytea, text); DROP FUNCTION ledger_step",
        )
    ]
