-- name: leads_to_convert
-- Without what only lead events need. In key order, since another instance may hold the same leads.
SELECT lead_id, status, fields, assignment, conversion_id, customer_id, match_keys
FROM lead
WHERE lead_id = ANY(%(ids)b)
ORDER BY lead_id
FOR UPDATE

-- name: items_of
SELECT lead_id, kind, item_id, fields
FROM lead_item
WHERE lead_id = ANY(%(ids)b) AND NOT is_removed
ORDER BY lead_id, kind, item_id

-- name: known_conversions
SELECT conversion_id, state, attempt, request, origin, error ->> 'code' AS error_code,
    coalesce((error ->> 'retryable')::boolean, false) AS is_retryable, is_erased
FROM conversion
WHERE conversion_id = ANY(%(ids)b::uuid[])

-- name: commanded_conversions
-- Locked in key order: the conversion itself may be under way in another instance.
SELECT conversion_id, idempotency_key, lead_id, state, attempt, request, requested_at,
    coalesce((error ->> 'retryable')::boolean, false) AS is_retryable, is_erased
FROM conversion
WHERE conversion_id = ANY(%(ids)b::uuid[])
ORDER BY conversion_id
FOR UPDATE

-- name: customers_in_the_way
SELECT customer_id, customer_number, code, name, email, email_key
FROM customer
WHERE email_key = ANY(%(emails)b) OR code = ANY(%(codes)b)

-- name: customers_to_link
-- In key order, since leads of other partitions may be linked to the same customers. Nobody is linked to one that was
-- erased since it was looked up.
SELECT customer_id, customer_number, code, name, type, role, customer_status, prospect_stage, first_name, last_name,
    company_name, email, phone, address, vat, branch_id, salesperson_id, discovered_by, lead_id, conversion_id,
    custom_fields, created_at
FROM customer
WHERE customer_id = ANY(%(ids)b::uuid[]) AND erased_at IS NULL
ORDER BY customer_id
FOR UPDATE

-- name: contacts_of_customers
SELECT customer_id, contact_id, lead_contact_id, first_name, last_name, email, phone, job_title, role, is_primary
FROM contact
WHERE customer_id = ANY(%(ids)b::uuid[])
ORDER BY customer_id, NOT is_primary, created_at, contact_id

-- name: fill_customers
-- Only what is empty is filled, whatever was decided from an older look; an empty text is nothing, as in the rules.
UPDATE customer
SET first_name = coalesce(nullif(customer.first_name, ''), row.changes ->> 'first_name'),
    last_name = coalesce(nullif(customer.last_name, ''), row.changes ->> 'last_name'),
    company_name = coalesce(nullif(customer.company_name, ''), row.changes ->> 'company_name'),
    phone = coalesce(nullif(customer.phone, ''), row.changes ->> 'phone'),
    address = coalesce(nullif(customer.address, '{}'), row.changes -> 'address'),
    vat = coalesce(nullif(customer.vat, ''), row.changes ->> 'vat'),
    salesperson_id = coalesce(nullif(customer.salesperson_id, ''), row.changes ->> 'salesperson_id')
FROM unnest(%(ids)b::uuid[], %(changes)b::jsonb[]) AS row (customer_id, changes)
WHERE customer.customer_id = row.customer_id

-- name: fill_contacts
UPDATE contact
SET first_name = coalesce(nullif(contact.first_name, ''), row.changes ->> 'first_name'),
    last_name = coalesce(nullif(contact.last_name, ''), row.changes ->> 'last_name'),
    phone = coalesce(nullif(contact.phone, ''), row.changes ->> 'phone'),
    job_title = coalesce(nullif(contact.job_title, ''), row.changes ->> 'job_title')
FROM unnest(%(ids)b::uuid[], %(changes)b::jsonb[]) AS row (contact_id, changes)
WHERE contact.contact_id = row.contact_id

-- name: custom_fields
SELECT name, type FROM custom_field WHERE name = ANY(%(names)b)

-- name: add_custom_fields
INSERT INTO custom_field (name, type)
SELECT name, type FROM unnest(%(names)b::text[], %(types)b::text[]) AS row (name, type)
ORDER BY name

-- name: copy_customer_items
COPY customer_item (customer_id, kind, item_id, lead_id, source_id, how, fields, created_at) FROM STDIN

-- name: provenance
-- For each lead of a customer: what it filled (null: everything, the customer was made from it) and from which events.
SELECT lead.lead_id, lead.conversion_id, coalesce(lead.converted_stamps, lead.stamps) AS stamps, conversion.filled
FROM customer_lead
JOIN lead USING (lead_id)
JOIN conversion USING (conversion_id)
WHERE customer_lead.customer_id = %(id)s::uuid
ORDER BY conversion.filled IS NOT NULL, lead.converted_at, lead.lead_id

-- name: take_numbers
SELECT nextval('customer_number') AS number FROM generate_series(1, %(count)s)

-- name: copy_conversions
COPY conversion (conversion_id, idempotency_key, lead_id, state, attempt, origin, request, requested_at, finished_at,
    customer_id, error, batch_id, filled) FROM STDIN

-- name: update_conversions
UPDATE conversion
SET state = row.state, attempt = row.attempt, finished_at = row.finished_at, customer_id = row.customer_id,
    error = row.error,
    filled = CASE WHEN row.filled IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(row.filled)) END
FROM unnest(%(ids)b::uuid[], %(states)b::text[], %(attempts)b::integer[], %(finished)b::timestamptz[],
    %(customers)b::uuid[], %(errors)b::jsonb[], %(filled)b::jsonb[])
    AS row (conversion_id, state, attempt, finished_at, customer_id, error, filled)
WHERE conversion.conversion_id = row.conversion_id

-- name: copy_fills
COPY conversion_fill (conversion_id, changes, contact_changes) FROM STDIN

-- name: imply_steps
UPDATE lead
SET history = lead.history || row.history, contacted_at = least(lead.contacted_at, row.at),
    qualified_at = greatest(lead.qualified_at, row.at)
FROM unnest(%(ids)b::text[], %(histories)b::jsonb[], %(times)b::timestamptz[]) AS row (lead_id, history, at)
WHERE lead.lead_id = row.lead_id

-- name: forget_requests_of_erased_leads
UPDATE conversion SET is_erased = true, request = '', error = error - '{message,fields}'::text[]
FROM lead
WHERE conversion.conversion_id = ANY(%(ids)b::uuid[]) AND lead.lead_id = conversion.lead_id AND lead.erased_at IS NOT NULL

-- name: copy_customers
COPY customer (customer_id, customer_number, code, name, type, role, customer_status, prospect_stage, first_name,
    last_name, company_name, email, email_key, phone, address, vat, branch_id, salesperson_id, discovered_by, lead_id,
    conversion_id, custom_fields, notes, created_at) FROM STDIN

-- name: copy_contacts
COPY contact (contact_id, customer_id, lead_contact_id, first_name, last_name, email, phone, job_title, role, is_primary,
    created_at) FROM STDIN

-- name: copy_opportunities
COPY opportunity (opportunity_id, lead_opportunity_id, customer_id, lead_id, name, value, currency, stage, probability,
    expected_close_date, created_at) FROM STDIN

-- name: mark_converted
UPDATE lead
SET status = 'converted', customer_id = row.customer_id, conversion_id = row.conversion_id,
    converted_at = row.converted_at, assignment = coalesce(row.assignment, lead.assignment)
FROM unnest(%(ids)b::text[], %(customers)b::uuid[], %(conversions)b::uuid[], %(times)b::timestamptz[],
    %(assignments)b::jsonb[]) AS row (lead_id, customer_id, conversion_id, converted_at, assignment)
WHERE lead.lead_id = row.lead_id
