-- name: write_orders
-- In key order, since two instances may hear of the same order.
INSERT INTO customer_order (customer_id, order_id, is_cancelled)
SELECT customer_id, order_id, bool_or(is_cancelled)
FROM unnest(%(customers)b::text[], %(orders)b::text[], %(cancelled)b::boolean[]) AS row (customer_id, order_id, is_cancelled)
GROUP BY customer_id, order_id
ORDER BY customer_id, order_id
ON CONFLICT ON CONSTRAINT customer_order_key DO UPDATE SET is_cancelled = true
WHERE excluded.is_cancelled AND NOT customer_order.is_cancelled

-- name: move_opportunities
-- Stage and probability each by the newest word that says it, whatever order the words come in.
WITH word AS (
    SELECT opportunity_id, customer_id, stage, probability, stamp
    FROM unnest(%(opportunities)b::uuid[], %(customers)b::uuid[], %(stages)b::text[], %(probabilities)b::smallint[],
        %(stamps)b::text[]) AS row (opportunity_id, customer_id, stage, probability, stamp)
), newest AS (
    SELECT opportunity_id, customer_id,
        (array_agg(stage ORDER BY stamp COLLATE "C" DESC))[1] AS stage, max(stamp COLLATE "C") AS stage_stamp,
        (array_agg(probability ORDER BY stamp COLLATE "C" DESC) FILTER (WHERE probability IS NOT NULL))[1] AS probability,
        max(stamp COLLATE "C") FILTER (WHERE probability IS NOT NULL) AS probability_stamp
    FROM word
    GROUP BY opportunity_id, customer_id
), locked AS (
    SELECT o.opportunity_id FROM opportunity AS o JOIN newest USING (opportunity_id, customer_id)
    ORDER BY o.opportunity_id FOR UPDATE OF o
)
UPDATE opportunity AS o
SET stage = CASE WHEN n.stage_stamp > coalesce(o.stage_stamp, '') COLLATE "C" THEN n.stage ELSE o.stage END,
    stage_stamp = greatest(n.stage_stamp, o.stage_stamp COLLATE "C"),
    probability = CASE WHEN n.probability_stamp > coalesce(o.probability_stamp, '') COLLATE "C" THEN n.probability
        ELSE o.probability END,
    probability_stamp = greatest(n.probability_stamp, o.probability_stamp COLLATE "C")
FROM newest AS n JOIN locked USING (opportunity_id)
WHERE o.opportunity_id = n.opportunity_id
