-- name: write_reminders
INSERT INTO reminder (lead_id, item_id, customer_id, conversion_id, partition, remind_at, user_id, text)
SELECT lead_id, item_id, customer_id, conversion_id, partition, remind_at, user_id, text
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (
    lead_id text, item_id text, customer_id text, conversion_id text, partition integer, remind_at timestamptz, user_id text,
    text text)
ON CONFLICT (customer_id, lead_id, item_id) DO NOTHING

-- name: write_reverted_conversions
INSERT INTO reverted_conversion (conversion_id, reverted_at)
SELECT conversion_id, at FROM unnest(%(ids)s::text[], %(at)s::timestamptz[]) AS r (conversion_id, at) ORDER BY conversion_id
ON CONFLICT (conversion_id) DO NOTHING

-- name: find_due_reminders
-- Those that are due by the latest tick of their partition, the longest first.
SELECT late.lead_id, late.item_id, late.customer_id, late.conversion_id, late.partition, late.remind_at, late.user_id, late.text
FROM unnest(%(partitions)s::integer[], %(at)s::timestamptz[]) AS tick (partition, at)
CROSS JOIN LATERAL (
    SELECT r.lead_id, r.item_id, r.customer_id, r.conversion_id, r.partition, r.remind_at, r.user_id, r.text
    FROM reminder AS r
    WHERE r.partition = tick.partition AND r.told_at IS NULL AND r.remind_at <= tick.at
        AND NOT EXISTS (SELECT FROM reverted_conversion AS v WHERE v.conversion_id = r.conversion_id)
    ORDER BY r.remind_at, r.customer_id, r.lead_id, r.item_id
    LIMIT %(most)s
) AS late

-- name: close_reminders
UPDATE reminder AS r SET told_at = told.at
FROM unnest(%(customer_ids)s::text[], %(lead_ids)s::text[], %(item_ids)s::text[], %(at)s::timestamptz[])
    AS told (customer_id, lead_id, item_id, at)
WHERE r.customer_id = told.customer_id AND r.lead_id = told.lead_id AND r.item_id = told.item_id
