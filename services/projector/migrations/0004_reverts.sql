-- Conversions that were taken back, and what went with them.

ALTER TABLE conversion
    DROP CONSTRAINT conversion_state_known,
    ADD CONSTRAINT conversion_state_known
        CHECK (state IN ('pending', 'processing', 'completed', 'failed', 'cancelled', 'reverted'));

-- Of each part the words since its last removal: what came with a lead goes with it, and may come again.
CREATE OR REPLACE VIEW customer_part AS
WITH word AS (
    SELECT customer_id, aspect, part_id, at, stamp, value,
        coalesce(max(stamp) FILTER (WHERE value ? 'removed') OVER part, '') AS removed
    FROM customer_part_change
    WINDOW part AS (PARTITION BY customer_id, aspect, part_id)
)
SELECT w.customer_id, w.aspect AS kind, w.part_id, min(w.at) AS created_at, max(w.at) AS updated_at,
    jsonb_object_agg(field.key, field.value ORDER BY w.stamp) AS data
FROM word AS w, jsonb_each(w.value) AS field
WHERE w.stamp > w.removed
GROUP BY w.customer_id, w.aspect, w.part_id;

-- None of a customer whose conversion was taken back.
CREATE OR REPLACE VIEW opportunity AS
SELECT p.part_id AS opportunity_id, p.customer_id, coalesce(p.data ->> 'lead_id', c.lead_id) AS lead_id,
    p.data ->> 'name' AS name, (p.data ->> 'value')::numeric AS value, p.data ->> 'currency' AS currency,
    p.data ->> 'stage' AS stage, (p.data ->> 'stage_at')::timestamptz AS stage_at,
    (p.data ->> 'probability')::integer AS probability, p.data ->> 'expected_close_date' AS expected_close_date, p.created_at
FROM customer_part AS p LEFT JOIN customer AS c USING (customer_id)
WHERE p.kind = 'opportunity' AND coalesce(c.data ->> 'reverted_at', '') = '';
