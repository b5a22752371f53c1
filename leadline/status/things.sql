-- name: conversion
SELECT c.conversion_id, c.lead_id, batch_id, state, attempt, retry_count, retryable, error_code, error_message, requested_by,
    c.origin, requested_at, started_at, last_retry_at, next_retry_at, finished_at, c.customer_id,
    left(l.erased, 27)::timestamptz AS erased_at
FROM conversion AS c LEFT JOIN lead AS l USING (lead_id) WHERE c.conversion_id = %(id)s

-- name: conversion_timeline
SELECT at, type, attempt, detail, ce_id, topic, partition, kafka_offset
FROM conversion_event WHERE conversion_id = %(id)s
ORDER BY at, topic, kafka_offset

-- name: conversion_warnings
SELECT w.code, w.reason, w.candidate_id AS candidate, c.customer_number, c.name, w.message
FROM conversion_warning AS w LEFT JOIN customer AS c ON c.customer_id = w.candidate_id
WHERE w.conversion_id = %(id)s
ORDER BY w.place, w.candidate_place

-- name: lead
SELECT lead_id, status, status_at, first_name, last_name, data ->> 'name' AS name, company_name,
    data ->> 'department' AS department, data ->> 'job_title' AS job_title, email, phone, data -> 'address' AS address,
    data ->> 'vat' AS vat, data -> 'geo' AS geo, source, origin, discovered_by, assigned_to, score_total, grade, temperature,
    data ->> 'estimated_value' AS estimated_value, data ->> 'currency' AS currency, data -> 'probability' AS probability,
    data -> 'qualification' AS qualification, lost_reason, tags, data ->> 'notes' AS notes,
    data -> 'custom_fields' AS custom_fields, data -> 'consent' AS consent, customer_id, conversion_id, created_at,
    contacted_at, qualified_at, converted_at, updated_at, left(erased, 27)::timestamptz AS erased_at
FROM lead WHERE lead_id = %(id)s

-- name: lead_timeline
-- What happened to the lead, and what its conversions went through.
SELECT at, type, NULL::integer AS attempt, detail, ce_id, topic, partition, kafka_offset FROM lead_event WHERE lead_id = %(id)s
UNION ALL
SELECT e.at, e.type, e.attempt, e.detail, e.ce_id, e.topic, e.partition, e.kafka_offset
FROM conversion AS c JOIN conversion_event AS e USING (conversion_id)
WHERE c.lead_id = %(id)s
ORDER BY at, topic, kafka_offset

-- name: lead_statuses
SELECT period ->> 'status' AS status, (period ->> 'since')::timestamptz AS since, (period ->> 'until')::timestamptz AS until
FROM lead, jsonb_array_elements(status_history) WITH ORDINALITY AS each (period, place)
WHERE lead_id = %(id)s
ORDER BY place

-- name: lead_scores
SELECT at, behavioral, demographic, total, previous_total, grade, temperature, reason, said_by
FROM lead_score WHERE lead_id = %(id)s
ORDER BY stamp

-- name: lead_assignments
SELECT rep_id, assignment_id, status, opened_at, closed_at FROM lead_assignment WHERE lead_id = %(id)s
ORDER BY stamp

-- name: lead_items
SELECT kind, item_id AS id, created_at, updated_at, data FROM lead_item WHERE lead_id = %(id)s
ORDER BY kind, created_at, item_id

-- name: lead_opportunities
-- Those of the customer that the lead became; what the lead had before its conversion is among its items.
SELECT opportunity_id AS id, name, value, currency, stage, stage_at, probability
FROM opportunity
WHERE customer_id = (SELECT customer_id FROM lead WHERE lead_id = %(id)s) AND lead_id = %(id)s
ORDER BY created_at, opportunity_id

-- name: customer
SELECT customer_id, customer_number, code, name, data ->> 'type' AS type, data ->> 'customer_status' AS status,
    data ->> 'prospect_stage' AS stage, data ->> 'email' AS email, data ->> 'phone' AS phone, data -> 'address' AS address,
    data ->> 'vat' AS vat, data ->> 'branch_id' AS branch_id, data ->> 'salesperson_id' AS salesperson_id,
    data ->> 'discovered_by' AS discovered_by, data -> 'worker_comp_codes' AS worker_comp_codes,
    data -> 'multiplier_codes' AS multiplier_codes, data ->> 'billing_cycle' AS billing_cycle,
    data -> 'invoice_recipients' AS invoice_recipients, data -> 'custom_fields' AS custom_fields,
    data -> 'snapshot' AS snapshot, lead_id, conversion_id, orders, first_order_at, created_at,
    (data ->> 'reverted_at')::timestamptz AS reverted_at, updated_at, erased_at
FROM customer WHERE customer_id = %(id)s

-- name: customer_timeline
-- From the first word about the lead to the latest order: the entries of leads are read through the link, not copied.
WITH link AS (
    SELECT lead_id FROM customer WHERE customer_id = %(id)s AND lead_id IS NOT NULL
    UNION
    SELECT lead_id FROM lead WHERE customer_id = %(id)s
)
SELECT at, type, NULL::integer AS attempt, detail, ce_id, topic, partition, kafka_offset
FROM customer_event WHERE customer_id = %(id)s
UNION ALL
SELECT e.at, e.type, NULL::integer, e.detail, e.ce_id, e.topic, e.partition, e.kafka_offset
FROM link JOIN lead_event AS e USING (lead_id)
UNION ALL
SELECT e.at, e.type, e.attempt, e.detail, e.ce_id, e.topic, e.partition, e.kafka_offset
FROM link JOIN conversion AS c USING (lead_id) JOIN conversion_event AS e USING (conversion_id)
ORDER BY at, topic, kafka_offset

-- name: customer_parts
-- What came from the lead has the lead's words, unless the customer's own say otherwise.
SELECT p.kind, p.part_id AS id, p.created_at, p.updated_at, coalesce(i.data, '{}') || jsonb_strip_nulls(p.data) AS data
FROM customer_part AS p LEFT JOIN LATERAL (
    SELECT data FROM lead_item
    WHERE lead_id = p.data ->> 'lead_id' AND kind = p.kind AND item_id = coalesce(p.data ->> 'copied_from', p.part_id)) AS i
    ON true
WHERE p.customer_id = %(id)s
ORDER BY p.kind, p.created_at, p.part_id

-- name: customer_warnings
-- Of every lead that became or was linked to this customer.
SELECT w.code, w.reason, w.candidate_id AS candidate, c.customer_number, c.name, w.message
FROM conversion_warning AS w LEFT JOIN customer AS c ON c.customer_id = w.candidate_id
WHERE w.customer_id = %(id)s AND w.lead_id IN (SELECT lead_id FROM lead WHERE customer_id = %(id)s)
ORDER BY w.conversion_id, w.place, w.candidate_place

-- name: customer_orders
SELECT order_id AS id, placed_at, amount, currency, cancelled_at FROM customer_order WHERE customer_id = %(id)s
ORDER BY placed_at NULLS LAST, order_id
