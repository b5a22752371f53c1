-- name: known_requests
SELECT request_id, kind, CASE WHEN NOT is_erased THEN body END AS body FROM customer_request WHERE request_id = ANY(%(ids)b::uuid[])

-- name: lock_customers
-- In key order, since two partitions may ask about the same customers: the keys of records are the upstream's.
SELECT customer_id, lead_id, customer_status, worker_comp_codes, multiplier_codes, billing_cycle, invoice_recipients,
    erased_at IS NOT NULL AS is_erased
FROM customer
WHERE customer_id = ANY(%(ids)b::uuid[])
ORDER BY customer_id
FOR NO KEY UPDATE

-- name: reverted_customers
SELECT customer_id FROM reverted_customer WHERE customer_id = ANY(%(ids)b::uuid[])

-- name: change_customers
UPDATE customer
SET customer_status = row.customer_status, worker_comp_codes = row.worker_comp_codes,
    multiplier_codes = row.multiplier_codes, billing_cycle = row.billing_cycle,
    invoice_recipients = row.invoice_recipients
FROM jsonb_to_recordset(%(customers)b::jsonb) AS row (customer_id uuid, customer_status text, worker_comp_codes text[],
    multiplier_codes text[], billing_cycle text, invoice_recipients text[])
WHERE customer.customer_id = row.customer_id

-- name: give_way_as_primary
UPDATE contact SET is_primary = false WHERE customer_id = ANY(%(ids)b::uuid[]) AND is_primary

-- name: copy_request
COPY customer_request (request_id, idempotency_key, customer_id, kind, body, origin, handled_at) FROM STDIN

-- name: copy_message
COPY customer_message (message_id, customer_id, external_id, action_code, subject, text, occurred_at, logged_by, logged_at)
FROM STDIN

-- name: copy_task
COPY customer_task (task_id, customer_id, external_id, message_id, subject, priority, due_date, assigned_to, added_by,
    added_at) FROM STDIN

-- name: copy_note
COPY customer_note (note_id, customer_id, external_id, text, added_by, added_at) FROM STDIN

-- name: copy_contact
COPY contact (contact_id, external_id, lead_contact_id, first_name, last_name, email, phone, job_title, role, is_primary,
    customer_id, created_at) FROM STDIN

-- name: copy_opportunity
COPY opportunity (opportunity_id, customer_id, lead_id, name, value, currency, stage, probability,
    expected_close_date, created_at) FROM STDIN
