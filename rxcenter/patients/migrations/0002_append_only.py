"""The access log is append-only, like the ledger (whose guard function it uses)."""

from django.db import migrations

GUARD = """
CREATE OR REPLACE TRIGGER access_log_append_only BEFORE UPDATE OR DELETE ON patients_accesslog
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("patients", "0001_initial"), ("ledger", "0002_functions")]
    operations = [migrations.RunSQL(GUARD, "DROP TRIGGER access_log_append_only ON patients_accesslog")]
