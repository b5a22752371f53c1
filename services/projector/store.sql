-- name: claim_conversions
-- A row for every conversion, so that it can be locked. What it holds is the neutral element of the join.
INSERT INTO conversion (conversion_id, state, attempt, retry_count, updated_at, facts)
SELECT id, 'pending', 0, 0, 'epoch', '{}' FROM unnest(%(ids)s::text[]) AS id
ON CONFLICT DO NOTHING

-- name: lock_conversions
SELECT conversion_id, facts FROM conversion WHERE conversion_id = ANY(%(ids)s::text[])
ORDER BY conversion_id FOR UPDATE

-- name: write_conversions
UPDATE conversion AS c SET
    lead_id = r.lead_id, state = r.state, attempt = r.attempt, retry_count = r.retry_count, retryable = r.retryable,
    error_code = r.error ->> 'code', error_message = r.error ->> 'message', error = r.error,
    requested_by = r.requested_by, origin = r.origin, batch_id = r.batch_id, requested_at = r.requested_at, started_at = r.started_at,
    last_retry_at = r.last_retry_at, next_retry_at = r.next_retry_at, finished_at = r.finished_at,
    customer_id = r.customer_id, result = coalesce(c.result, r.result), updated_at = r.updated_at, facts = r.facts
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (
    conversion_id text, lead_id text, state text, attempt integer, retry_count integer, retryable boolean, error jsonb,
    requested_by jsonb, origin text, batch_id text, requested_at timestamptz, started_at timestamptz, last_retry_at timestamptz,
    next_retry_at timestamptz, finished_at timestamptz, customer_id text, result jsonb, updated_at timestamptz, facts jsonb)
WHERE c.conversion_id = r.conversion_id

-- name: add_conversion_events
INSERT INTO conversion_event (conversion_id, ce_id, topic, partition, kafka_offset, type, at, attempt, detail)
SELECT subject_id, event_id, topic, partition, kafka_offset, type, at, attempt, detail
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (
    subject_id text, event_id text, topic text, partition integer, kafka_offset bigint, type text, at timestamptz,
    attempt integer, detail jsonb)
ON CONFLICT DO NOTHING

-- name: claim_leads
INSERT INTO lead (lead_id, status, created_at, updated_at, data, field_times)
SELECT id, 'new', '9999-12-31T00:00:00Z', 'epoch', '{}', '{}' FROM unnest(%(ids)s::text[]) AS id
ON CONFLICT DO NOTHING

-- name: lock_leads
SELECT lead_id, data, field_times, sayings, created_at, updated_at, erased
FROM lead WHERE lead_id = ANY(%(ids)s::text[])
ORDER BY lead_id FOR UPDATE

-- name: find_conversions_of_leads
-- Latest first. One that has failed has not ended while a person may still retry it. Times as the facts write them.
SELECT lead_id, conversion_id, customer_id,
    to_char(requested_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS requested_at,
    CASE WHEN retryable IS NOT TRUE THEN to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') END
        AS ended_at,
    facts -> 'completed' ->> 'at' AS completed_at, facts -> 'reverted' ->> 'at' AS reverted_at,
    coalesce(facts -> 'accepted' -> 'implied', '[]') AS implied
FROM conversion AS c WHERE lead_id = ANY(%(ids)s::text[])
ORDER BY lead_id, c.requested_at DESC NULLS LAST, conversion_id

-- name: write_leads
UPDATE lead AS l SET
    status = r.status, status_at = r.status_at, status_history = r.status_history, sayings = r.sayings,
    first_name = r.first_name, last_name = r.last_name, company_name = r.company_name, email = r.email, phone = r.phone,
    source = r.source, origin = r.origin, discovered_by = r.discovered_by, assigned_to = r.assigned_to,
    score_total = r.score_total, grade = r.grade, temperature = r.temperature, lost_reason = r.lost_reason, tags = r.tags,
    customer_id = r.customer_id, conversion_id = r.conversion_id, contacted_at = r.contacted_at,
    qualified_at = r.qualified_at, converted_at = r.converted_at, created_at = r.created_at, updated_at = r.updated_at, data = r.data, field_times = r.field_times, erased = r.erased
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (
    lead_id text, status text, status_at timestamptz, status_history jsonb, sayings jsonb, first_name text,
    last_name text, company_name text, email text, phone text, source text, origin text, discovered_by text,
    assigned_to text, score_total integer, grade text, temperature text, lost_reason text, tags jsonb, customer_id text,
    conversion_id text, contacted_at timestamptz, qualified_at timestamptz, converted_at timestamptz,
    created_at timestamptz, updated_at timestamptz, data jsonb, field_times jsonb, erased text)
WHERE l.lead_id = r.lead_id

-- name: add_lead_events
INSERT INTO lead_event (lead_id, ce_source, ce_id, topic, partition, kafka_offset, type, at, detail)
SELECT subject_id, source, event_id, topic, partition, kafka_offset, type, at, detail
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (
    subject_id text, source text, event_id text, topic text, partition integer, kafka_offset bigint, type text,
    at timestamptz, detail jsonb)
ON CONFLICT DO NOTHING

-- name: add_lead_parts
INSERT INTO lead_part_change (lead_id, aspect, part_id, ce_source, ce_id, at, stamp, value)
SELECT subject_id, aspect, part_id, source, event_id, at, stamp, value
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (
    subject_id text, aspect text, part_id text, source text, event_id text, at timestamptz, stamp text, value jsonb)
ON CONFLICT DO NOTHING

-- name: claim_order_summaries
INSERT INTO order_summary (customer_id, orders) SELECT id, 0 FROM unnest(%(ids)s::text[]) AS id
ON CONFLICT DO NOTHING

-- name: lock_order_summaries
SELECT customer_id FROM order_summary WHERE customer_id = ANY(%(ids)s::text[]) ORDER BY customer_id FOR UPDATE

-- name: write_orders
-- One order may be told of more than once, and its cancellation before its placing.
INSERT INTO customer_order AS o (customer_id, order_id, placed_at, cancelled_at, amount, currency)
SELECT customer_id, order_id, min(placed_at), min(cancelled_at), max(amount), max(currency)
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (
    customer_id text, order_id text, placed_at timestamptz, cancelled_at timestamptz, amount numeric, currency text)
GROUP BY customer_id, order_id
ON CONFLICT (customer_id, order_id) DO UPDATE SET
    placed_at = least(o.placed_at, excluded.placed_at), cancelled_at = least(o.cancelled_at, excluded.cancelled_at),
    amount = greatest(o.amount, excluded.amount), currency = greatest(o.currency, excluded.currency)

-- name: summarise_orders
UPDATE order_summary AS s SET orders = r.orders, first_order_at = r.first_order_at
FROM (
    SELECT customer_id,
        count(*) FILTER (WHERE placed_at IS NOT NULL AND cancelled_at IS NULL) AS orders,
        min(placed_at) FILTER (WHERE cancelled_at IS NULL) AS first_order_at
    FROM customer_order WHERE customer_id = ANY(%(ids)s::text[]) GROUP BY customer_id) AS r
WHERE s.customer_id = r.customer_id

-- name: claim_customers
INSERT INTO customer (customer_id, orders, created_at, updated_at, data, field_times)
SELECT id, 0, '9999-12-31T00:00:00Z', 'epoch', '{}', '{}' FROM unnest(%(ids)s::text[]) AS id
ON CONFLICT DO NOTHING

-- name: lock_customers
SELECT customer_id, data, field_times, created_at, updated_at, erased_at
FROM customer WHERE customer_id = ANY(%(ids)s::text[])
ORDER BY customer_id FOR UPDATE

-- name: write_customers
UPDATE customer AS c SET
    customer_number = r.customer_number, code = r.code, name = r.name, lead_id = r.lead_id,
    conversion_id = r.conversion_id, created_at = r.created_at, updated_at = r.updated_at, data = r.data,
    field_times = r.field_times, erased_at = r.erased_at
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (
    customer_id text, customer_number text, code text, name text, lead_id text, conversion_id text,
    created_at timestamptz, updated_at timestamptz, data jsonb, field_times jsonb, erased_at timestamptz)
WHERE c.customer_id = r.customer_id

-- name: show_orders
UPDATE customer AS c SET orders = s.orders, first_order_at = s.first_order_at
FROM order_summary AS s
WHERE s.customer_id = ANY(%(ids)s::text[]) AND c.customer_id = s.customer_id
    AND (c.orders, c.first_order_at) IS DISTINCT FROM (s.orders, s.first_order_at)

-- name: add_customer_events
INSERT INTO customer_event (customer_id, ce_source, ce_id, topic, partition, kafka_offset, type, at, detail)
SELECT subject_id, source, event_id, topic, partition, kafka_offset, type, at, detail
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (
    subject_id text, source text, event_id text, topic text, partition integer, kafka_offset bigint, type text,
    at timestamptz, detail jsonb)
ON CONFLICT DO NOTHING

-- name: add_customer_parts
INSERT INTO customer_part_change (customer_id, aspect, part_id, ce_source, ce_id, at, stamp, value)
SELECT subject_id, aspect, part_id, source, event_id, at, stamp, value
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (
    subject_id text, aspect text, part_id text, source text, event_id text, at timestamptz, stamp text, value jsonb)
ON CONFLICT DO NOTHING

-- name: claim_decisions
INSERT INTO dead_letter_decision (dlq_id, state, decided_at) SELECT id, 'open', 'epoch' FROM unnest(%(ids)s::text[]) AS id
ON CONFLICT DO NOTHING

-- name: lock_decisions
SELECT dlq_id FROM dead_letter_decision WHERE dlq_id = ANY(%(ids)s::text[]) ORDER BY dlq_id FOR UPDATE

-- name: write_decisions
UPDATE dead_letter_decision AS d SET
    state = r.state, decided_at = r.decided_at, decided_by = r.decided_by, reason = r.reason
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (
    dlq_id text, state text, decided_at timestamptz, decided_by text, reason text)
WHERE d.dlq_id = r.dlq_id AND r.decided_at >= d.decided_at

-- name: decide_dead_letters
-- A decision stands until the record dies again.
UPDATE dead_letter AS d SET state = CASE WHEN c.decided_at > d.failed_at THEN c.state ELSE 'open' END
FROM dead_letter_decision AS c
WHERE c.dlq_id = ANY(%(ids)s::text[]) AND d.dlq_id = c.dlq_id

-- name: write_dead_letters
-- The same dead letter again is the same row with more replays, and open again.
INSERT INTO dead_letter AS d (
    dlq_id, service, topic, partition, kafka_offset, dlq_topic, dlq_partition, dlq_offset, error_code, error_message,
    fingerprint, attempts, replays, first_failed_at, failed_at, conversion_id, record_key, record_value, headers, subjects)
SELECT dlq_id, service, topic, partition, kafka_offset, dlq_topic, dlq_partition, dlq_offset, error_code, error_message,
    fingerprint, attempts, replays, first_failed_at, failed_at, conversion_id, decode(record_key, 'base64'),
    decode(record_value, 'base64'), headers, ARRAY(SELECT jsonb_array_elements_text(subjects))
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (
    dlq_id text, service text, topic text, partition integer, kafka_offset bigint, dlq_topic text,
    dlq_partition integer, dlq_offset bigint, error_code text, error_message text, fingerprint text, attempts integer,
    replays integer, first_failed_at timestamptz, failed_at timestamptz, conversion_id text, record_key text,
    record_value text, headers jsonb, subjects jsonb)
ORDER BY dlq_id
ON CONFLICT (dlq_id) DO UPDATE SET
    dlq_topic = excluded.dlq_topic, dlq_partition = excluded.dlq_partition, dlq_offset = excluded.dlq_offset,
    error_code = excluded.error_code, error_message = excluded.error_message, fingerprint = excluded.fingerprint,
    attempts = excluded.attempts, replays = excluded.replays, failed_at = excluded.failed_at,
    conversion_id = coalesce(excluded.conversion_id, d.conversion_id), state = 'open', headers = excluded.headers,
    first_failed_at = least(d.first_failed_at, excluded.first_failed_at)
WHERE (excluded.replays, excluded.failed_at, excluded.dlq_offset) > (d.replays, d.failed_at, d.dlq_offset)

-- name: add_notifications
INSERT INTO notification (
    notification_id, kind, recipient, customer_id, lead_id, conversion_id, title, text, created_at)
SELECT notification_id, kind, recipient, customer_id, lead_id, conversion_id, title, text, created_at
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (
    notification_id text, kind text, recipient text, customer_id text, lead_id text, conversion_id text, title text,
    text text, created_at timestamptz)
ORDER BY notification_id
ON CONFLICT DO NOTHING
