-- name: conversion
SELECT conversion_id, lead_id, state, attempt, retry_count, retryable, error_code, error_message, requested_by, origin,
    requested_at, started_at, last_retry_at, next_retry_at, finished_at, customer_id
FROM conversion WHERE conversion_id = %(id)s

-- name: conversion_timeline
SELECT at, type, attempt, detail, ce_id, topic, partition, kafka_offset
FROM conversion_event WHERE conversion_id = %(id)s
ORDER BY at, topic, kafka_offset

-- name: lead
SELECT lead_id, status, first_name, last_name, company_name, email, phone, source, origin, discovered_by, assigned_to,
    customer_id, conversion_id, created_at, updated_at, converted_at
FROM lead WHERE lead_id = %(id)s

-- name: lead_timeline
-- What happened to the lead, and what its conversions went through.
SELECT at, type, NULL::integer AS attempt, detail, ce_id, topic, partition, kafka_offset FROM lead_event WHERE lead_id = %(id)s
UNION ALL
SELECT e.at, e.type, e.attempt, e.detail, e.ce_id, e.topic, e.partition, e.kafka_offset
FROM conversion AS c JOIN conversion_event AS e USING (conversion_id)
WHERE c.lead_id = %(id)s
ORDER BY at, topic, kafka_offset

-- name: customer
SELECT customer_id, customer_number, code, name, lead_id, conversion_id, orders, first_order_at, created_at, updated_at
FROM customer WHERE customer_id = %(id)s

-- name: customer_timeline
-- From the first word about the lead to the latest order.
SELECT at, type, NULL::integer AS attempt, detail, ce_id, topic, partition, kafka_offset
FROM customer_event WHERE customer_id = %(id)s
UNION ALL
SELECT e.at, e.type, NULL::integer, e.detail, e.ce_id, e.topic, e.partition, e.kafka_offset
FROM customer AS c JOIN lead_event AS e ON e.lead_id = c.lead_id
WHERE c.customer_id = %(id)s
UNION ALL
SELECT e.at, e.type, e.attempt, e.detail, e.ce_id, e.topic, e.partition, e.kafka_offset
FROM customer AS c JOIN conversion_event AS e ON e.conversion_id = c.conversion_id
WHERE c.customer_id = %(id)s
ORDER BY at, topic, kafka_offset
