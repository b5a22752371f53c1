-- What is left of erased persons in the status store. Who was erased before this is erased as now when lead.erased comes again.

ALTER TABLE customer ADD COLUMN erased_at timestamptz;     -- null: not erased

CREATE INDEX lead_erased ON lead (lead_id) WHERE erased IS NOT NULL;
CREATE INDEX customer_erased ON customer (customer_id) WHERE erased_at IS NOT NULL;
CREATE INDEX conversion_customer ON conversion (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX notification_lead ON notification (lead_id) WHERE lead_id IS NOT NULL;

-- Whose record it is (lead/L-1, customer/C-1), as far as key, headers and body say it: to find it when one of them is erased.
ALTER TABLE dead_letter
    ADD COLUMN subjects text[]  NOT NULL DEFAULT '{}',
    ADD COLUMN erased   boolean NOT NULL DEFAULT false;
CREATE INDEX dead_letter_subjects ON dead_letter USING gin (subjects);

UPDATE dead_letter SET subjects = ARRAY[CASE WHEN topic ~ '(customer|order)\.(events|requests)$' THEN 'customer/' ELSE 'lead/' END
    || encode(record_key, 'escape')]
WHERE record_key IS NOT NULL AND topic ~ '(lead|conversion|customer|order)\.(events|requests)$';

-- Of the customers that stood in the way only ids are kept: what they are called stands in their own rows.
UPDATE conversion
SET error = error - 'candidates', facts = facts #- '{failed,error,candidates}' #- '{retry-scheduled,error,candidates}'
WHERE error ? 'candidates' OR facts::text LIKE '%"candidates"%';
UPDATE conversion_event SET detail = detail #- '{error,candidates}' WHERE detail -> 'error' ? 'candidates';

-- The fields of these names, and of documents in them; a list is kept as a whole or not.
CREATE FUNCTION keep_fields(said jsonb, names text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(jsonb_object_agg(key, CASE jsonb_typeof(value) WHEN 'object' THEN keep_fields(value, names) ELSE value END), '{}')
    FROM jsonb_each(said)
    WHERE key = ANY(names)
$$;
