-- What is left of a person who asked to be forgotten: ids, times, numbers, codes and links.

ALTER TABLE lead ADD COLUMN erased_at timestamptz;  -- the time of its first erasure; null: not erased

UPDATE lead SET erased_at = now() WHERE status = 'erased';  -- when that was is known no longer

-- An erasure that came after the conversion had no effect until now: it has to be sent again.
UPDATE lead
SET history = (SELECT coalesce(jsonb_object_agg(said.key, said.value), '{}') FROM jsonb_each(history) AS said
    WHERE said.value <> '"erased"')
WHERE EXISTS (SELECT FROM jsonb_each_text(history) AS said WHERE said.value = 'erased');

ALTER TABLE lead
    ADD CONSTRAINT lead_erased_has_time CHECK (status <> 'erased' OR erased_at IS NOT NULL),
    ADD CONSTRAINT lead_erased_is_final CHECK (erased_at IS NULL OR status IN ('erased', 'converted')),
    ADD CONSTRAINT lead_erased_keeps_only_times CHECK (erased_at IS NULL OR (
        fields - '{created_at,contacted_at,qualified_at}'::text[] = '{}' AND coalesce(converted_stamps, '{}') = '{}'));

-- Every request under the key of an erased conversion counts as a repeat, so its body is needed no longer.
ALTER TABLE conversion ADD COLUMN is_erased boolean NOT NULL DEFAULT false;
-- That which made a customer is named by its lead: a conversion that succeeds at once costs no entry.
CREATE INDEX conversion_without_customer_by_lead ON conversion (lead_id) WHERE state <> 'completed';

-- Of the customers that stood in the way only the ids are kept: what they are called stands in their own rows.
UPDATE conversion
SET error = error || jsonb_build_object('candidates', (
    SELECT jsonb_agg(jsonb_build_object('customer_id', candidate -> 'customer_id'))
    FROM jsonb_array_elements(error -> 'candidates') AS candidate))
WHERE jsonb_array_length(error -> 'candidates') > 0;

UPDATE conversion SET is_erased = true, request = '', error = error - '{message,fields}'::text[]
FROM lead WHERE lead.lead_id = conversion.lead_id AND lead.status = 'erased';

ALTER TABLE conversion ADD CONSTRAINT conversion_erased_has_no_request CHECK (NOT is_erased OR request = '');

ALTER TABLE customer
    ADD COLUMN erased_at timestamptz,  -- null: not erased
    ADD CONSTRAINT customer_erased_names_nobody CHECK (erased_at IS NULL OR (
        num_nonnulls(first_name, last_name, company_name, email, email_key, phone, address, vat, notes) = 0
        AND name = '' AND custom_fields = '{}' AND invoice_recipients = '{}'));

ALTER TABLE customer_request
    ADD COLUMN is_erased boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT customer_request_erased_has_no_body CHECK (NOT is_erased OR body = '');
CREATE INDEX customer_request_by_customer ON customer_request (customer_id);

-- With contact_one_primary, every contact of a customer is found; most customers have only a primary one.
CREATE INDEX contact_beside_primary ON contact (customer_id) WHERE NOT is_primary;
