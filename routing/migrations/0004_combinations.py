"""What may stand together is checked at every commit."""

from pathlib import Path

from django.db import migrations

UNDO = """
DROP TRIGGER custody_of_prescription ON prescriptions_prescription;
DROP TRIGGER custody_of_dispense ON routing_dispense;
DROP TRIGGER custody_of_claim ON routing_claim;
DROP TRIGGER custody_of_order ON routing_order;
DROP FUNCTION custody_checked;
DROP FUNCTION custody_contradiction;
"""


class Migration(migrations.Migration):
    dependencies = [("routing", "0003_release_requests"), ("prescriptions", "0003_tombstone")]
    operations = [
        migrations.RunSQL(Path(__file__).with_name("combinations.sql").read_text(encoding="utf-8"), UNDO)
    ]
