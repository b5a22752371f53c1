-- name: find_due
-- Those whose silence has lasted long enough by the ticks of their partition, the longest first.
SELECT late.customer_id
FROM unnest(%(partitions)s::integer[], %(silent_since)s::timestamptz[]) AS due (partition, silent_since)
CROSS JOIN LATERAL (
    SELECT c.customer_id FROM customer AS c
    WHERE c.partition = due.partition AND c.stage = 'active' AND c.touched_at <= due.silent_since
    ORDER BY c.touched_at
    LIMIT %(most)s
) AS late

-- name: find_lives
SELECT customer_id, known_at, partition, first_stage, started_at, activity_at, stage, stage_changed_at, stage_changes, is_reverted
FROM customer WHERE customer_id = ANY(%(ids)s::text[])

-- name: find_named_orders
SELECT o.customer_id, o.order_id, o.placed_at, o.is_cancelled
FROM customer_order AS o
JOIN unnest(%(customer_ids)s::text[], %(order_ids)s::text[]) AS named (customer_id, order_id)
    ON named.customer_id = o.customer_id AND named.order_id = o.order_id

-- name: find_newest_other_orders
-- One step into the index for each customer, however many orders there are.
SELECT c.customer_id, newest.placed_at
FROM unnest(%(ids)s::text[]) AS c (customer_id)
LEFT JOIN (
    SELECT customer_id, array_agg(order_id) AS order_ids
    FROM unnest(%(customer_ids)s::text[], %(order_ids)s::text[]) AS named (customer_id, order_id)
    GROUP BY customer_id
) AS named ON named.customer_id = c.customer_id
CROSS JOIN LATERAL (
    SELECT o.placed_at FROM customer_order AS o
    WHERE o.customer_id = c.customer_id AND NOT o.is_cancelled AND o.order_id <> ALL(coalesce(named.order_ids, '{}'))
    ORDER BY o.placed_at DESC
    LIMIT 1
) AS newest

-- name: write_lives
UPDATE customer AS c
SET partition = r.partition, first_stage = r.first_stage, started_at = r.started_at, activity_at = r.activity_at,
    touched_at = r.touched_at, stage = r.stage, stage_changed_at = r.stage_changed_at, stage_changes = r.stage_changes
FROM unnest(%(ids)s::text[], %(partitions)s::integer[], %(first_stages)s::text[], %(started_at)s::timestamptz[],
    %(activity_at)s::timestamptz[], %(touched_at)s::timestamptz[], %(stages)s::text[], %(changed_at)s::timestamptz[],
    %(changes)s::integer[])
    AS r (customer_id, partition, first_stage, started_at, activity_at, touched_at, stage, stage_changed_at, stage_changes)
WHERE c.customer_id = r.customer_id

-- name: write_orders
INSERT INTO customer_order (customer_id, order_id, placed_at, is_cancelled)
SELECT customer_id, order_id, placed_at, is_cancelled
FROM unnest(%(ids)s::text[], %(order_ids)s::text[], %(placed_at)s::timestamptz[], %(is_cancelled)s::boolean[])
    AS r (customer_id, order_id, placed_at, is_cancelled)
ON CONFLICT (customer_id, order_id) DO UPDATE SET placed_at = excluded.placed_at, is_cancelled = excluded.is_cancelled

-- name: find_ticks
SELECT partition, at FROM stage_tick WHERE partition = ANY(%(partitions)s::integer[])

-- name: write_ticks
INSERT INTO stage_tick (partition, at)
SELECT partition, at FROM unnest(%(partitions)s::integer[], %(at)s::timestamptz[]) AS r (partition, at) ORDER BY partition
ON CONFLICT (partition) DO UPDATE SET at = greatest(stage_tick.at, excluded.at)
