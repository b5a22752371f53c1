-- name: forget_requests
-- The conversions of these leads: that there were some, and how they ended.
UPDATE conversion SET is_erased = true, request = '', error = error - '{message,fields}'::text[]
WHERE conversion_id IN (
    SELECT conversion_id FROM conversion WHERE lead_id = ANY(%(ids)b) AND state <> 'completed'
    UNION SELECT conversion_id FROM lead WHERE lead_id = ANY(%(ids)b))

-- name: lock_customers
-- Those that these leads have become or were linked to. In key order, as whoever changes customers locks them.
WITH link AS (
    SELECT customer_id, lead_id FROM lead WHERE lead_id = ANY(%(ids)b) AND customer_id IS NOT NULL
    UNION
    SELECT customer_id, lead_id FROM customer WHERE lead_id = ANY(%(ids)b)
)
SELECT customer_id, conversion_id, (SELECT min(link.lead_id) FROM link WHERE link.customer_id = customer.customer_id) AS lead_id
FROM customer
WHERE customer_id IN (SELECT customer_id FROM link) AND erased_at IS NULL
ORDER BY customer_id
FOR UPDATE

-- name: reverted_customers
-- What these leads had become before their conversions were taken back: whoever has heard of them is to forget them.
SELECT customer_id, conversion_id, lead_id FROM reverted_customer WHERE lead_id = ANY(%(ids)b) ORDER BY customer_id

-- name: forget_customers
UPDATE customer
SET erased_at = %(at)b::timestamptz, name = '', first_name = NULL, last_name = NULL, company_name = NULL, email = NULL,
    email_key = NULL, phone = NULL, address = NULL, vat = NULL, notes = NULL, custom_fields = '{}', invoice_recipients = '{}'
WHERE customer_id = ANY(%(ids)b::uuid[])

-- name: forget_fills
-- What conversions have put into empty fields of these customers.
DELETE FROM conversion_fill WHERE conversion_id IN (SELECT conversion_id FROM lead WHERE customer_id = ANY(%(ids)b::uuid[]))

-- name: forget_contacts
-- Two conditions, one for each of the indexes.
UPDATE contact
SET first_name = NULL, last_name = NULL, email = NULL, phone = NULL, job_title = NULL, role = NULL
WHERE (customer_id = ANY(%(ids)b::uuid[]) AND is_primary) OR (customer_id = ANY(%(ids)b::uuid[]) AND NOT is_primary)

-- name: forget_opportunities
UPDATE opportunity SET name = '' WHERE customer_id = ANY(%(ids)b::uuid[])

-- name: forget_customer_items
UPDATE customer_item SET fields = '{}' WHERE customer_id = ANY(%(ids)b::uuid[])

-- name: forget_customer_messages
UPDATE customer_message SET subject = NULL, text = NULL WHERE customer_id = ANY(%(ids)b::uuid[])

-- name: forget_customer_tasks
UPDATE customer_task SET subject = '' WHERE customer_id = ANY(%(ids)b::uuid[])

-- name: forget_customer_notes
UPDATE customer_note SET text = '' WHERE customer_id = ANY(%(ids)b::uuid[])

-- name: forget_customer_requests
UPDATE customer_request SET is_erased = true, body = '' WHERE customer_id = ANY(%(ids)b::uuid[])
