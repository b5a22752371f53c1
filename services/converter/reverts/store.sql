-- name: known_reverts
SELECT revert_id, digest FROM conversion_revert WHERE revert_id = ANY(%(ids)b::uuid[])

-- name: lock_conversions
-- In key order: the conversion itself may be under way in another instance.
SELECT conversion_id, idempotency_key, lead_id, state, attempt, request, requested_at, finished_at, customer_id, is_erased
FROM conversion
WHERE conversion_id = ANY(%(ids)b::uuid[])
ORDER BY conversion_id
FOR UPDATE

-- name: lock_customers
-- In key order, since leads of other partitions may be linked to the same customers. What may be filled is what may be cleared.
SELECT customer_id, customer_number, lead_id, conversion_id, first_name, last_name, company_name, phone, address, vat,
    salesperson_id
FROM customer
WHERE customer_id = ANY(%(ids)b::uuid[])
ORDER BY customer_id
FOR UPDATE

-- name: contacts_of_customers
SELECT customer_id, contact_id, lead_contact_id, first_name, last_name, phone, job_title
FROM contact
WHERE customer_id = ANY(%(ids)b::uuid[])
ORDER BY contact_id

-- name: opportunities_of_leads
SELECT o.opportunity_id, o.lead_opportunity_id, o.lead_id
FROM unnest(%(customers)b::uuid[], %(leads)b::text[]) AS row (customer_id, lead_id)
JOIN opportunity AS o USING (customer_id, lead_id)
ORDER BY o.opportunity_id

-- name: items_of_leads
SELECT i.kind, i.item_id, i.lead_id
FROM unnest(%(customers)b::uuid[], %(leads)b::text[]) AS row (customer_id, lead_id)
JOIN customer_item AS i USING (customer_id, lead_id)
ORDER BY i.kind, i.item_id

-- name: fills
SELECT conversion_id, changes, contact_changes FROM conversion_fill WHERE conversion_id = ANY(%(ids)b::uuid[])

-- name: blocking
-- Of a customer that was made: its standing orders, what was asked about it, changed opportunities. Of a lead that was
-- linked to one: only opportunities. Of both: the leads that were linked since, since they may rely on what is there.
WITH asked AS (
    SELECT customer_id, lead_id, is_maker
    FROM unnest(%(customers)b::uuid[], %(leads)b::text[], %(are_makers)b::boolean[]) AS row (customer_id, lead_id, is_maker)
), found (customer_id, rank, kind, id) AS (
    SELECT a.customer_id, 1, 'order', o.order_id
    FROM asked AS a JOIN customer_order AS o ON o.customer_id = a.customer_id::text
    WHERE a.is_maker AND NOT o.is_cancelled
    UNION ALL
    SELECT a.customer_id, 2, r.kind, r.request_id::text
    FROM asked AS a JOIN customer_request AS r USING (customer_id)
    WHERE a.is_maker
    UNION ALL
    SELECT a.customer_id, 3, 'opportunity', o.opportunity_id::text
    FROM asked AS a JOIN opportunity AS o USING (customer_id)
    WHERE (a.is_maker OR o.lead_id = a.lead_id)
        AND (o.stage_stamp IS NOT NULL OR (NOT a.is_maker AND o.opportunity_id <> ALL(%(own)b::uuid[])))
    UNION ALL
    SELECT a.customer_id, 4, 'lead', l.lead_id
    FROM asked AS a
    JOIN customer AS c USING (customer_id)
    JOIN lead AS own ON own.lead_id = a.lead_id
    JOIN customer_lead AS linked ON linked.customer_id = a.customer_id AND linked.lead_id NOT IN (a.lead_id, c.lead_id)
    JOIN lead AS l ON l.lead_id = linked.lead_id AND l.converted_at >= own.converted_at
), placed AS (
    SELECT customer_id, kind, id, row_number() OVER (PARTITION BY customer_id ORDER BY rank, kind, id) AS place,
        count(*) OVER (PARTITION BY customer_id) AS total
    FROM found
)
SELECT customer_id, kind, id, total FROM placed WHERE place <= %(most)s ORDER BY customer_id, place

-- name: remove_customers
WITH asked AS (
    SELECT customer_id, reverted_at FROM unnest(%(ids)b::uuid[], %(times)b::timestamptz[]) AS row (customer_id, reverted_at)
), contacts AS (
    DELETE FROM contact USING asked WHERE contact.customer_id = asked.customer_id
), opportunities AS (
    DELETE FROM opportunity USING asked WHERE opportunity.customer_id = asked.customer_id
), items AS (
    DELETE FROM customer_item USING asked WHERE customer_item.customer_id = asked.customer_id
), gone AS (
    DELETE FROM customer USING asked WHERE customer.customer_id = asked.customer_id
    RETURNING customer.customer_id, customer_number, lead_id, conversion_id, reverted_at
)
INSERT INTO reverted_customer (customer_id, customer_number, lead_id, conversion_id, reverted_at)
SELECT customer_id, customer_number, lead_id, conversion_id, reverted_at FROM gone

-- name: unlink
WITH links AS (
    SELECT customer_id, lead_id FROM unnest(%(customers)b::uuid[], %(leads)b::text[]) AS row (customer_id, lead_id)
), contacts AS (
    DELETE FROM contact WHERE contact_id = ANY(%(contacts)b::uuid[])
), opportunities AS (
    DELETE FROM opportunity WHERE opportunity_id = ANY(%(opportunities)b::uuid[])
)
DELETE FROM customer_item USING links
WHERE customer_item.customer_id = links.customer_id AND customer_item.lead_id = links.lead_id

-- name: clear_customers
UPDATE customer
SET first_name = CASE WHEN NOT row.fields ? 'first_name' THEN customer.first_name END,
    last_name = CASE WHEN NOT row.fields ? 'last_name' THEN customer.last_name END,
    company_name = CASE WHEN NOT row.fields ? 'company_name' THEN customer.company_name END,
    phone = CASE WHEN NOT row.fields ? 'phone' THEN customer.phone END,
    address = CASE WHEN NOT row.fields ? 'address' THEN customer.address END,
    vat = CASE WHEN NOT row.fields ? 'vat' THEN customer.vat END,
    salesperson_id = CASE WHEN NOT row.fields ? 'salesperson_id' THEN customer.salesperson_id END
FROM unnest(%(ids)b::uuid[], %(fields)b::jsonb[]) AS row (customer_id, fields)
WHERE customer.customer_id = row.customer_id

-- name: clear_contacts
UPDATE contact
SET first_name = CASE WHEN NOT row.fields ? 'first_name' THEN contact.first_name END,
    last_name = CASE WHEN NOT row.fields ? 'last_name' THEN contact.last_name END,
    phone = CASE WHEN NOT row.fields ? 'phone' THEN contact.phone END,
    job_title = CASE WHEN NOT row.fields ? 'job_title' THEN contact.job_title END
FROM unnest(%(ids)b::uuid[], %(fields)b::jsonb[]) AS row (contact_id, fields)
WHERE contact.contact_id = row.contact_id

-- name: mark_reverted
WITH fills AS (
    DELETE FROM conversion_fill WHERE conversion_id = ANY(%(ids)b::uuid[])
)
UPDATE conversion SET state = 'reverted', reverted_at = %(at)s::timestamptz WHERE conversion_id = ANY(%(ids)b::uuid[])

-- name: copy_reverts
COPY conversion_revert (revert_id, idempotency_key, conversion_id, digest, origin, handled_at, refused) FROM STDIN
