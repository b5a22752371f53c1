-- name: leads
SELECT lead_id, status, status_at, coalesce(nullif(concat_ws(' ', first_name, last_name), ''), email) AS name, company_name,
    source, assigned_to, score_total, grade, temperature, tags, lost_reason, customer_id, created_at,
    left(erased, 27)::timestamptz AS erased_at
FROM lead
WHERE (%(status)s::text IS NULL OR status = %(status)s)
    AND (%(source)s::text IS NULL OR source = %(source)s)
    AND (%(rep)s::text IS NULL OR assigned_to = %(rep)s)
    AND (%(tag)s::text IS NULL OR tags @> to_jsonb(%(tag)s::text))
    AND (status NOT IN ('converted', 'junk') OR status = ANY(%(include)s::text[]) OR status = %(status)s)
    AND (erased IS NULL OR 'erased' = ANY(%(include)s::text[]))
    AND (%(after)s::text IS NULL
        OR (created_at, lead_id) < (SELECT a.created_at, a.lead_id FROM lead AS a WHERE a.lead_id = %(after)s))
ORDER BY created_at DESC, lead_id DESC
LIMIT %(limit)s

-- name: customers
SELECT customer_id, customer_number, name, data ->> 'customer_status' AS status, data ->> 'prospect_stage' AS stage,
    CASE WHEN orders = 0 THEN 'prospect' END AS badge, data ->> 'salesperson_id' AS salesperson_id, lead_id, orders,
    first_order_at, created_at, erased_at
FROM customer
WHERE data ->> 'reverted_at' IS NULL
    AND (%(status)s::text IS NULL OR data ->> 'customer_status' = %(status)s)
    AND (%(email)s::text IS NULL OR lower(data ->> 'email') = lower(%(email)s))
    AND (%(stage)s::text IS NULL OR data ->> 'prospect_stage' = %(stage)s)
    AND (%(after)s::text IS NULL
        OR (created_at, customer_id) < (SELECT a.created_at, a.customer_id FROM customer AS a WHERE a.customer_id = %(after)s))
ORDER BY created_at DESC, customer_id DESC
LIMIT %(limit)s

-- name: conversions
-- One whose request has not been seen yet counts as the oldest.
SELECT c.conversion_id, c.lead_id, batch_id, state, attempt, retryable, error_code, error_message, c.customer_id, requested_at,
    finished_at, left(l.erased, 27)::timestamptz AS erased_at
FROM conversion AS c LEFT JOIN lead AS l USING (lead_id)
WHERE (%(state)s::text IS NULL OR state = %(state)s)
    AND (%(batch)s::text IS NULL OR batch_id = %(batch)s)
    AND (%(after)s::text IS NULL OR (coalesce(requested_at, '-infinity'), c.conversion_id) < (
        SELECT coalesce(a.requested_at, '-infinity'), a.conversion_id FROM conversion AS a
        WHERE a.conversion_id = %(after)s))
ORDER BY coalesce(requested_at, '-infinity') DESC, c.conversion_id DESC
LIMIT %(limit)s

-- name: batch
SELECT state, count(*) AS conversions FROM conversion WHERE batch_id = %(batch)s
GROUP BY state ORDER BY state
