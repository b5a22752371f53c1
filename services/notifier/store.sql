-- name: claim_customers
INSERT INTO customer (customer_id) SELECT id FROM unnest(%(ids)s::text[]) AS id
ON CONFLICT DO NOTHING

-- name: lock_customers
SELECT customer_id, known_at, lead_id, discovered_by, name, is_erased, is_reverted, taken_back, salesperson_id, salesperson_at, branch_id,
    branch_at
FROM customer WHERE customer_id = ANY(%(ids)s::text[])
ORDER BY customer_id FOR UPDATE

-- name: find_first_orders
SELECT customer_id, order_id, placed_at, open_until FROM first_order WHERE customer_id = ANY(%(ids)s::text[])

-- name: find_waiting_orders
SELECT customer_id, order_id, placed_at, is_cancelled FROM waiting_order WHERE customer_id = ANY(%(ids)s::text[])

-- name: write_customers
UPDATE customer AS c
SET known_at = r.known_at, lead_id = r.lead_id, discovered_by = r.discovered_by, name = r.name,
    salesperson_id = r.salesperson_id, salesperson_at = r.salesperson_at, branch_id = r.branch_id, branch_at = r.branch_at
FROM unnest(%(ids)s::text[], %(known_at)s::timestamptz[], %(lead_ids)s::text[], %(discovered_by)s::text[], %(names)s::text[],
    %(salespeople)s::text[], %(salespeople_at)s::timestamptz[], %(branches)s::text[], %(branches_at)s::timestamptz[])
    AS r (customer_id, known_at, lead_id, discovered_by, name, salesperson_id, salesperson_at, branch_id, branch_at)
WHERE c.customer_id = r.customer_id AND c.known_at IS NULL

-- name: write_keepers
UPDATE customer AS c
SET salesperson_id = r.salesperson_id, salesperson_at = r.salesperson_at, branch_id = r.branch_id, branch_at = r.branch_at
FROM unnest(%(ids)s::text[], %(salespeople)s::text[], %(salespeople_at)s::timestamptz[], %(branches)s::text[],
    %(branches_at)s::timestamptz[]) AS r (customer_id, salesperson_id, salesperson_at, branch_id, branch_at)
WHERE c.customer_id = r.customer_id

-- name: find_erased
SELECT customer_id FROM customer WHERE customer_id = ANY(%(ids)s::text[]) AND is_erased

-- name: lock_letters
-- Nobody writes letters until this transaction ends: each sees either this erasure or is seen by it.
SELECT pg_advisory_xact_lock(725340881)

-- name: erase_letters
UPDATE letter
SET text = %(text)s, data = data || jsonb_build_object('text', %(text)s::text)
WHERE data ->> 'customer_id' = ANY(%(ids)s::text[]) AND data ? 'customer_id'

-- name: erase_customers
UPDATE customer SET is_erased = true, name = NULL WHERE customer_id = ANY(%(ids)s::text[])

-- name: write_reverted
UPDATE customer SET is_reverted = true WHERE customer_id = ANY(%(ids)s::text[])

-- name: erase_reminders
UPDATE reminder SET text = NULL WHERE customer_id = ANY(%(ids)s::text[])

-- name: write_taken_back
UPDATE customer AS c SET taken_back = r.taken_back
FROM unnest(%(ids)s::text[], %(taken_back)s::integer[]) AS r (customer_id, taken_back)
WHERE c.customer_id = r.customer_id

-- name: write_waiting_orders
INSERT INTO waiting_order AS w (customer_id, order_id, placed_at, is_cancelled)
SELECT customer_id, order_id, placed_at, is_cancelled
FROM unnest(%(ids)s::text[], %(order_ids)s::text[], %(placed_at)s::timestamptz[], %(is_cancelled)s::boolean[])
    AS r (customer_id, order_id, placed_at, is_cancelled)
ON CONFLICT (customer_id, order_id) DO UPDATE SET placed_at = excluded.placed_at, is_cancelled = excluded.is_cancelled

-- name: write_first_orders
INSERT INTO first_order (customer_id, order_id, placed_at, open_until)
SELECT customer_id, order_id, placed_at, open_until
FROM unnest(%(ids)s::text[], %(order_ids)s::text[], %(placed_at)s::timestamptz[], %(open_until)s::timestamptz[])
    AS r (customer_id, order_id, placed_at, open_until)
ON CONFLICT (customer_id) DO UPDATE
SET order_id = excluded.order_id, placed_at = excluded.placed_at, open_until = excluded.open_until

-- name: drop_first_orders
DELETE FROM first_order WHERE customer_id = ANY(%(ids)s::text[])

-- name: drop_waiting_orders
DELETE FROM waiting_order WHERE customer_id = ANY(%(ids)s::text[])

-- name: withdraw_first_sales
-- The notices of first sales that still wait at this time.
UPDATE notification AS n SET withdrawn_at = r.at
FROM unnest(%(customer_ids)s::text[], %(at)s::timestamptz[]) AS r (customer_id, at)
WHERE n.kind = 'first-sale' AND n.subject = r.customer_id AND n.withdrawn_at IS NULL AND n.not_before > r.at
RETURNING n.notification_id, n.subject, n.recipient

-- name: remember_notifications
-- Only what nobody has been told before comes back: not by its id, nor by a notice of the same first sale that stands.
INSERT INTO notification (notification_id, kind, subject, recipient, created_at, not_before)
SELECT notification_id, kind, subject, recipient, created_at, not_before
FROM unnest(%(ids)s::text[], %(kinds)s::text[], %(subjects)s::text[], %(recipients)s::text[], %(created_at)s::timestamptz[],
    %(not_before)s::timestamptz[]) AS r (notification_id, kind, subject, recipient, created_at, not_before)
ORDER BY notification_id
ON CONFLICT DO NOTHING
RETURNING notification_id
