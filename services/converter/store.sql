-- name: leads_to_convert
-- Without what only lead events need. In key order, since another instance may hold the same leads.
SELECT lead_id, status, fields, assignment, conversion_id, customer_id
FROM lead
WHERE lead_id = ANY(%(ids)b)
ORDER BY lead_id
FOR UPDATE

-- name: contacts_of
SELECT lead_id, item_id, fields
FROM lead_item
WHERE lead_id = ANY(%(ids)b) AND kind = 'contact' AND NOT is_removed

-- name: known_conversions
SELECT conversion_id, state, attempt, request, origin, error ->> 'code' AS error_code,
    coalesce((error ->> 'retryable')::boolean, false) AS is_retryable
FROM conversion
WHERE conversion_id = ANY(%(ids)b::uuid[])

-- name: customers_in_the_way
SELECT customer_id, customer_number, code, name, email, email_key
FROM customer
WHERE email_key = ANY(%(emails)b) OR code = ANY(%(codes)b)

-- name: take_numbers
SELECT nextval('customer_number') AS number FROM generate_series(1, %(count)s)

-- name: copy_conversions
COPY conversion (conversion_id, idempotency_key, lead_id, state, attempt, origin, request, requested_at, finished_at,
    customer_id, error) FROM STDIN

-- name: update_conversions
UPDATE conversion
SET state = row.state, attempt = row.attempt, finished_at = row.finished_at, customer_id = row.customer_id,
    error = row.error
FROM unnest(%(ids)b::uuid[], %(states)b::text[], %(attempts)b::integer[], %(finished)b::timestamptz[],
    %(customers)b::uuid[], %(errors)b::jsonb[]) AS row (conversion_id, state, attempt, finished_at, customer_id, error)
WHERE conversion.conversion_id = row.conversion_id

-- name: copy_customers
COPY customer (customer_id, customer_number, code, name, type, role, customer_status, prospect_stage, first_name,
    last_name, company_name, email, email_key, phone, address, vat, branch_id, salesperson_id, discovered_by, lead_id,
    conversion_id, custom_fields, notes, created_at) FROM STDIN

-- name: copy_contacts
COPY contact (contact_id, customer_id, lead_contact_id, first_name, last_name, email, phone, job_title, role, is_primary,
    created_at) FROM STDIN

-- name: copy_opportunities
COPY opportunity (opportunity_id, customer_id, lead_id, name, value, currency, stage, probability,
    expected_close_date, created_at) FROM STDIN

-- name: mark_converted
UPDATE lead
SET status = 'converted', customer_id = row.customer_id, conversion_id = row.conversion_id,
    converted_at = row.converted_at, assignment = coalesce(row.assignment, lead.assignment)
FROM unnest(%(ids)b::text[], %(customers)b::uuid[], %(conversions)b::uuid[], %(times)b::timestamptz[],
    %(assignments)b::jsonb[]) AS row (lead_id, customer_id, conversion_id, converted_at, assignment)
WHERE lead.lead_id = row.lead_id
