-- Nothing may be committed in which prescription, order, claim and dispense contradict each other (routing/combinations.py).
CREATE FUNCTION custody_contradiction(wanted uuid) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    o record;
    claimed boolean;
    dispensed boolean;
BEGIN
    SELECT r.state, p.state AS prescription INTO o
    FROM routing_order r JOIN prescriptions_prescription p ON p.id = r.prescription_id WHERE r.id = wanted;
    IF NOT FOUND THEN RETURN NULL; END IF;
    IF NOT (o.prescription IN ('approved', 'on_hold')
        OR o.state = 'completed' AND o.prescription IN ('completed', 'discontinued')
        OR o.state IN ('not_supplied', 'cancelled', 'expired') AND o.prescription IN
            ('completed', 'discontinued', 'cancelled', 'expired', 'not_dispensed', 'replaced')) THEN
        RETURN format('order %s of a prescription %s', o.state, o.prescription);
    END IF;
    claimed := EXISTS (SELECT FROM routing_claim c WHERE c.order_id = wanted AND c.state = 'open');
    IF claimed <> (o.state IN ('claimed', 'preparing', 'ready', 'in_transit', 'partly_supplied')) THEN
        RETURN format('order %s, open claim: %s', o.state, claimed);
    END IF;
    dispensed := EXISTS (SELECT FROM routing_dispense d WHERE d.order_id = wanted AND d.withdrawn_at IS NULL
        AND NOT EXISTS (SELECT FROM routing_dispense n WHERE n.replaces_id = d.id));
    IF dispensed <> (o.state IN ('partly_supplied', 'completed')) THEN
        RETURN format('order %s, handed over: %s', o.state, dispensed);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION custody_checked() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    said text;
    one uuid;
BEGIN
    IF TG_TABLE_NAME = 'prescriptions_prescription' THEN
        FOR one IN SELECT id FROM routing_order WHERE prescription_id = NEW.id LOOP
            said := coalesce(said, custody_contradiction(one));
        END LOOP;
    ELSIF TG_TABLE_NAME = 'routing_order' THEN
        said := custody_contradiction(NEW.id);
    ELSE
        said := custody_contradiction(NEW.order_id);
    END IF;
    IF said IS NOT NULL THEN
        RAISE EXCEPTION 'custody contradicts itself: %', said USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER custody_of_order AFTER INSERT OR UPDATE OF state ON routing_order
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION custody_checked();
CREATE CONSTRAINT TRIGGER custody_of_claim AFTER INSERT OR UPDATE OF state ON routing_claim
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION custody_checked();
CREATE CONSTRAINT TRIGGER custody_of_dispense AFTER INSERT OR UPDATE OF withdrawn_at ON routing_dispense
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION custody_checked();
CREATE CONSTRAINT TRIGGER custody_of_prescription AFTER UPDATE OF state ON prescriptions_prescription
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.state NOT IN ('received', 'auditing', 'approved', 'in_review', 'with_prescriber', 'on_hold'))
    EXECUTE FUNCTION custody_checked();
