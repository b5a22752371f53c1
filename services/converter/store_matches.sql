-- name: claim_keys
-- Gives back the keys that somebody had before. In key order, so that two instances never wait for each other crosswise.
WITH claimed AS (
    INSERT INTO match_key (key, lead_id, is_shared)
    SELECT key, lead_id, is_shared
    FROM unnest(%(keys)b::bigint[], %(leads)b::text[], %(shared)b::boolean[]) AS row (key, lead_id, is_shared)
    ORDER BY key
    ON CONFLICT ON CONSTRAINT match_key_once DO NOTHING
    RETURNING key)
SELECT key FROM unnest(%(keys)b::bigint[]) AS row (key) EXCEPT ALL SELECT key FROM claimed

-- name: share_keys
-- A statement of its own, since the first did not see what others had written when it began. Nothing is locked twice.
UPDATE match_key
SET is_shared = true
WHERE key IN (
    SELECT match_key.key
    FROM unnest(%(keys)b::bigint[], %(leads)b::text[]) AS row (key, lead_id)
    JOIN match_key ON match_key.key = row.key AND match_key.lead_id IS DISTINCT FROM row.lead_id
    WHERE NOT match_key.is_shared
    ORDER BY match_key.key
    FOR UPDATE OF match_key)

-- name: release_keys
-- What only this lead had is forgotten; what others have too stays, without the lead.
WITH released AS (
    UPDATE match_key SET lead_id = NULL
    FROM unnest(%(keys)b::bigint[], %(leads)b::text[]) AS row (key, lead_id)
    WHERE match_key.key = row.key AND match_key.lead_id = row.lead_id AND match_key.is_shared)
DELETE FROM match_key
USING unnest(%(keys)b::bigint[], %(leads)b::text[]) AS row (key, lead_id)
WHERE match_key.key = row.key AND match_key.lead_id = row.lead_id AND NOT match_key.is_shared

-- name: forget_customers
-- By the keys of their leads, which a conversion freezes: there is no index by customer.
DELETE FROM customer_match
USING customer_lead JOIN lead USING (lead_id) CROSS JOIN LATERAL unnest(lead.match_keys) AS had (key)
WHERE customer_lead.customer_id = ANY(%(ids)b::uuid[]) AND customer_match.key = had.key
    AND customer_match.customer_id = customer_lead.customer_id

-- name: forget_links
-- Of each of these leads the keys that no other lead of the customer has.
DELETE FROM customer_match
USING unnest(%(customers)b::uuid[], %(leads)b::text[]) AS link (customer_id, lead_id)
JOIN lead USING (lead_id) CROSS JOIN LATERAL unnest(lead.match_keys) AS had (key)
WHERE customer_match.customer_id = link.customer_id AND customer_match.key = had.key AND NOT EXISTS (
    SELECT FROM customer_lead JOIN lead AS other USING (lead_id)
    WHERE customer_lead.customer_id = link.customer_id AND other.lead_id <> link.lead_id AND had.key = ANY(other.match_keys))

-- name: customers_of_shared_keys
-- For each of these keys that is shared a row, the latest customers of it first; and last the customer of the first lead, which
-- may have been made while the key was not shared yet. Nobody is warned of a customer that is erased.
SELECT shared.key, customer.customer_id, customer.customer_number, customer.name
FROM match_key AS shared
LEFT JOIN LATERAL (
    (SELECT customer_id, place FROM customer_match WHERE key = shared.key ORDER BY place DESC LIMIT %(limit)s)
    UNION ALL
    SELECT lead.customer_id, 0 FROM lead WHERE lead.lead_id = shared.lead_id AND shared.key = ANY(lead.match_keys)
) AS found ON true
LEFT JOIN customer ON customer.customer_id = found.customer_id AND customer.erased_at IS NULL
WHERE shared.is_shared AND shared.key = ANY(%(keys)b::text::bigint[])
ORDER BY shared.key, found.place DESC NULLS LAST

-- name: customers_of_keys
-- As above, for a lead whose keys may not be written yet: what one other lead has is shared with it.
SELECT known.key, customer.customer_id, customer.customer_number, customer.name
FROM match_key AS known
CROSS JOIN LATERAL (
    (SELECT customer_id, place FROM customer_match WHERE key = known.key ORDER BY place DESC LIMIT %(limit)s)
    UNION ALL
    SELECT lead.customer_id, 0 FROM lead WHERE lead.lead_id = known.lead_id AND known.key = ANY(lead.match_keys)
) AS found
JOIN customer ON customer.customer_id = found.customer_id AND customer.erased_at IS NULL
WHERE known.key = ANY(%(keys)b::text::bigint[])
ORDER BY known.key, found.place DESC NULLS LAST

-- name: change_keys
UPDATE lead
SET match_keys = row.match_keys::bigint[]
FROM unnest(%(leads)b::text[], %(keys)b::text[]) AS row (lead_id, match_keys)
WHERE lead.lead_id = row.lead_id

-- name: copy_customer_matches
COPY customer_match (key, customer_id) FROM STDIN
