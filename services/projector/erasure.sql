-- name: add_beside_others
-- Whoever only adds waits for those who erase, and they for him: an erasure sees all that was added before it, and whoever
-- adds later sees the erasure. The number is any; the same for both.
SELECT pg_advisory_xact_lock_shared(518414001)

-- name: erase_alone
SELECT pg_advisory_xact_lock(518414001)

-- name: find_erased_leads
SELECT lead_id
FROM lead JOIN (
    SELECT unnest(%(leads)s::text[]) AS lead_id
    UNION SELECT lead_id FROM conversion WHERE conversion_id = ANY(%(conversions)s::text[])) AS told USING (lead_id)
WHERE erased IS NOT NULL

-- name: find_erased_customers
SELECT customer_id
FROM customer JOIN (
    SELECT unnest(%(customers)s::text[]) AS customer_id
    UNION SELECT customer_id FROM conversion WHERE conversion_id = ANY(%(conversions)s::text[])) AS told USING (customer_id)
WHERE erased_at IS NOT NULL

-- name: empty_history_of_leads
-- An erasure is final: no word before or after it is kept.
UPDATE lead_event SET detail = '{}' WHERE lead_id = ANY(%(leads)s::text[]) AND detail <> '{}'

-- name: empty_parts_of_leads
-- Who worked on the lead is no personal data of the lead's.
UPDATE lead_part_change SET value = '{}'
WHERE lead_id = ANY(%(leads)s::text[]) AND aspect <> 'assignment' AND value <> '{}'

-- name: empty_conversions_of_leads
UPDATE conversion AS c
SET requested_by = keep_fields(requested_by, %(kept)s::text[]), error = keep_fields(error, %(kept)s::text[]), error_message = NULL,
    facts = (SELECT jsonb_object_agg(fact.key, keep_fields(fact.value, %(kept)s::text[])) FROM jsonb_each(c.facts) AS fact)
WHERE lead_id = ANY(%(leads)s::text[])

-- name: empty_timelines_of_leads
UPDATE conversion_event AS e SET detail = keep_fields(e.detail, %(kept)s::text[])
FROM conversion AS c
WHERE c.lead_id = ANY(%(leads)s::text[]) AND e.conversion_id = c.conversion_id
    AND e.detail <> keep_fields(e.detail, %(kept)s::text[])

-- name: empty_results
-- What a conversion has made is of its lead and of its customer; how much it was stays.
UPDATE conversion SET result = jsonb_build_object('lead', result -> 'lead', 'manifest', result -> 'manifest')
WHERE (lead_id = ANY(%(leads)s::text[]) OR customer_id = ANY(%(customers)s::text[])) AND result ? 'customer'

-- name: empty_customers
UPDATE customer
SET name = NULL, data = keep_fields(data, %(kept)s::text[]), field_times = keep_fields(field_times, %(kept)s::text[])
WHERE customer_id = ANY(%(customers)s::text[])

-- name: empty_history_of_customers
-- Rows that are empty already are not written again: an erased customer may go on ordering.
UPDATE customer_event SET detail = keep_fields(detail, %(kept)s::text[])
WHERE customer_id = ANY(%(customers)s::text[]) AND detail <> keep_fields(detail, %(kept)s::text[])

-- name: empty_parts_of_customers
UPDATE customer_part_change SET value = keep_fields(value, %(kept)s::text[])
WHERE customer_id = ANY(%(customers)s::text[]) AND value <> keep_fields(value, %(kept)s::text[])

-- name: empty_notifications
UPDATE notification SET text = ''
WHERE (lead_id = ANY(%(leads)s::text[]) OR customer_id = ANY(%(customers)s::text[])) AND text <> ''

-- name: empty_dead_letters
-- One that was erased before is so for ever, though it dies again or is decided about.
WITH letter AS (
    UPDATE dead_letter
    SET erased = true, record_key = NULL, record_value = NULL, headers = '[]', error_message = '', subjects = '{}'
    WHERE dlq_id IN (
        SELECT dlq_id FROM dead_letter WHERE subjects && %(subjects)s::text[]
        UNION SELECT d.dlq_id FROM dead_letter AS d JOIN conversion USING (conversion_id) WHERE lead_id = ANY(%(leads)s::text[])
        UNION SELECT dlq_id FROM dead_letter WHERE dlq_id = ANY(%(dead_letters)s::text[]) AND erased)
    RETURNING dlq_id
)
UPDATE dead_letter_decision SET reason = NULL WHERE dlq_id IN (SELECT dlq_id FROM letter)
