-- name: lock_leads
-- In key order, since a retry or replay partition may bring the same leads to another instance.
SELECT lead_id, status, fields, stamps, assignment, conversion_id, customer_id, history, erased_at, match_keys
FROM lead
WHERE lead_id = ANY(%(ids)b)
ORDER BY lead_id
FOR UPDATE

-- name: add_leads
-- No ON CONFLICT: a lead that another instance has added meanwhile was not looked at, so it must not be written over.
INSERT INTO lead (lead_id, status, fields, stamps, assignment, history, created_at, contacted_at, qualified_at, erased_at, match_keys)
SELECT lead_id, status, fields, stamps, assignment, history, created_at, contacted_at, qualified_at, erased_at, match_keys::bigint[]
FROM unnest(%(ids)b::text[], %(statuses)b::text[], %(fields)b::jsonb[], %(stamps)b::jsonb[], %(assignments)b::jsonb[],
    %(histories)b::jsonb[], %(created)b::timestamptz[], %(contacted)b::timestamptz[], %(qualified)b::timestamptz[],
    %(erased)b::timestamptz[], %(keys)b::text[])
    AS row (lead_id, status, fields, stamps, assignment, history, created_at, contacted_at, qualified_at, erased_at, match_keys)

-- name: change_leads
UPDATE lead
SET status = row.status, fields = row.fields, stamps = row.stamps, assignment = row.assignment, history = row.history,
    created_at = row.created_at, contacted_at = row.contacted_at, qualified_at = row.qualified_at,
    erased_at = row.erased_at, match_keys = row.match_keys::bigint[],
    converted_stamps = CASE WHEN lead.customer_id IS NULL THEN NULL WHEN row.erased_at IS NOT NULL THEN '{}'
        ELSE coalesce(lead.converted_stamps, lead.stamps) END
FROM unnest(%(ids)b::text[], %(statuses)b::text[], %(fields)b::jsonb[], %(stamps)b::jsonb[], %(assignments)b::jsonb[],
    %(histories)b::jsonb[], %(created)b::timestamptz[], %(contacted)b::timestamptz[], %(qualified)b::timestamptz[],
    %(erased)b::timestamptz[], %(keys)b::text[])
    AS row (lead_id, status, fields, stamps, assignment, history, created_at, contacted_at, qualified_at, erased_at, match_keys)
WHERE lead.lead_id = row.lead_id

-- name: release_leads
UPDATE lead
SET status = row.status, fields = row.fields, stamps = row.stamps, assignment = row.assignment, history = row.history,
    created_at = row.created_at, contacted_at = row.contacted_at, qualified_at = row.qualified_at,
    match_keys = row.match_keys::bigint[], conversion_id = NULL, customer_id = NULL, converted_at = NULL, converted_stamps = NULL
FROM unnest(%(ids)b::text[], %(statuses)b::text[], %(fields)b::jsonb[], %(stamps)b::jsonb[], %(assignments)b::jsonb[],
    %(histories)b::jsonb[], %(created)b::timestamptz[], %(contacted)b::timestamptz[], %(qualified)b::timestamptz[],
    %(keys)b::text[])
    AS row (lead_id, status, fields, stamps, assignment, history, created_at, contacted_at, qualified_at, match_keys)
WHERE lead.lead_id = row.lead_id

-- name: known_items
-- Not locked: whoever writes an item has locked its lead.
SELECT item.lead_id, item.kind, item.item_id, item.fields, item.stamps, item.stamp, item.removed
FROM unnest(%(leads)b::text[], %(kinds)b::text[], %(ids)b::text[]) AS row (lead_id, kind, item_id)
JOIN lead_item AS item USING (lead_id, kind, item_id)

-- name: save_items
INSERT INTO lead_item (lead_id, kind, item_id, fields, stamps, stamp, removed, is_removed)
SELECT lead_id, kind, item_id, fields, stamps, stamp, removed, is_removed
FROM unnest(%(leads)b::text[], %(kinds)b::text[], %(ids)b::text[], %(fields)b::jsonb[], %(stamps)b::jsonb[],
    %(said)b::text[], %(removed)b::text[], %(are_removed)b::boolean[])
    AS row (lead_id, kind, item_id, fields, stamps, stamp, removed, is_removed)
ON CONFLICT ON CONSTRAINT lead_item_key DO UPDATE
SET fields = excluded.fields, stamps = excluded.stamps, stamp = excluded.stamp, removed = excluded.removed,
    is_removed = excluded.is_removed

-- name: forget_items
DELETE FROM lead_item WHERE lead_id = ANY(%(ids)b)
