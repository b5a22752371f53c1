-- name: claim_customers
INSERT INTO customer (customer_id) SELECT id FROM unnest(%(ids)s::text[]) AS id
ON CONFLICT DO NOTHING

-- name: lock_customers
SELECT customer_id, known_at, lead_id, discovered_by, name, is_reverted FROM customer WHERE customer_id = ANY(%(ids)s::text[])
ORDER BY customer_id FOR UPDATE

-- name: find_first_orders
SELECT customer_id, order_id, placed_at FROM first_order WHERE customer_id = ANY(%(ids)s::text[])

-- name: find_waiting_orders
SELECT customer_id, order_id, placed_at, is_cancelled FROM waiting_order WHERE customer_id = ANY(%(ids)s::text[])

-- name: write_customers
UPDATE customer AS c SET known_at = r.known_at, lead_id = r.lead_id, discovered_by = r.discovered_by, name = r.name
FROM unnest(%(ids)s::text[], %(known_at)s::timestamptz[], %(lead_ids)s::text[], %(discovered_by)s::text[], %(names)s::text[])
    AS r (customer_id, known_at, lead_id, discovered_by, name)
WHERE c.customer_id = r.customer_id AND c.known_at IS NULL

-- name: write_reverted
UPDATE customer SET is_reverted = true WHERE customer_id = ANY(%(ids)s::text[])

-- name: write_waiting_orders
INSERT INTO waiting_order AS w (customer_id, order_id, placed_at, is_cancelled)
SELECT customer_id, order_id, placed_at, is_cancelled
FROM unnest(%(ids)s::text[], %(order_ids)s::text[], %(placed_at)s::timestamptz[], %(is_cancelled)s::boolean[])
    AS r (customer_id, order_id, placed_at, is_cancelled)
ON CONFLICT (customer_id, order_id) DO UPDATE SET placed_at = excluded.placed_at, is_cancelled = excluded.is_cancelled

-- name: write_first_orders
INSERT INTO first_order (customer_id, order_id, placed_at)
SELECT customer_id, order_id, placed_at
FROM unnest(%(ids)s::text[], %(order_ids)s::text[], %(placed_at)s::timestamptz[]) AS r (customer_id, order_id, placed_at)

-- name: drop_waiting_orders
DELETE FROM waiting_order WHERE customer_id = ANY(%(ids)s::text[])

-- name: remember_notifications
-- Only what nobody has been told before comes back.
INSERT INTO notification (notification_id, kind, subject, recipient, created_at)
SELECT notification_id, kind, subject, recipient, created_at
FROM unnest(%(ids)s::text[], %(kinds)s::text[], %(subjects)s::text[], %(recipients)s::text[], %(created_at)s::timestamptz[])
    AS r (notification_id, kind, subject, recipient, created_at)
ORDER BY notification_id
ON CONFLICT (notification_id) DO NOTHING
RETURNING notification_id
