-- name: lock_letters
-- Beside other writers, but not beside an erasure: see `lock_letters` of the deciding half.
SELECT pg_advisory_xact_lock_shared(725340881)

-- name: erase_letters
-- A customer may be erased before its letters are written.
UPDATE letter
SET text = %(text)s, data = letter.data || jsonb_build_object('text', %(text)s::text)
FROM customer
WHERE letter.notification_id = ANY(%(ids)s) AND customer.customer_id = letter.data ->> 'customer_id' AND customer.is_erased

-- name: write_letters
-- Gives those that were not there: only they are delivered, however often a record is read.
INSERT INTO letter (notification_id, type, kind, recipient, language, title, text, data, created_at, not_before)
SELECT * FROM unnest(
    %(ids)s::text[], %(types)s::text[], %(kinds)s::text[], %(recipients)s::text[], %(languages)s::text[], %(titles)s::text[],
    %(texts)s::text[], %(data)s::jsonb[], %(created_at)s::timestamptz[], %(not_before)s::timestamptz[]
)
ON CONFLICT ON CONSTRAINT letter_pk DO NOTHING
RETURNING notification_id

-- name: write_inbox
-- In the inbox at once, whatever the other channels wait for.
INSERT INTO inbox (notification_id, recipient, created_at)
SELECT notification_id, recipient, created_at FROM letter WHERE notification_id = ANY(%(ids)s)
ON CONFLICT ON CONSTRAINT inbox_pk DO NOTHING

-- name: write_deliveries
INSERT INTO delivery (
    delivery_id, notification_id, channel, address, route, is_for_digest, state, next_attempt_at, changed_at
)
SELECT d.delivery_id, d.notification_id, d.channel, d.address, d.route, d.is_for_digest,
       CASE WHEN d.route = '' THEN 'confirmed' ELSE 'scheduled' END,
       CASE WHEN d.route = '' THEN NULL ELSE greatest(coalesce(letter.not_before, now()), now()) END,
       now()
FROM unnest(
         %(delivery_ids)s::text[], %(ids)s::text[], %(channels)s::text[], %(addresses)s::text[], %(routes)s::text[],
         %(for_digest)s::boolean[]
     ) AS d (delivery_id, notification_id, channel, address, route, is_for_digest)
JOIN letter USING (notification_id)
ON CONFLICT ON CONSTRAINT delivery_pk DO NOTHING

-- name: withdraw_letters
UPDATE letter
SET withdrawn_at = w.at
FROM unnest(%(ids)s::text[], %(at)s::timestamptz[]) AS w (notification_id, at)
WHERE letter.notification_id = w.notification_id AND letter.withdrawn_at IS NULL

-- name: withdraw_inbox
UPDATE inbox
SET withdrawn_at = letter.withdrawn_at
FROM letter
WHERE inbox.notification_id = ANY(%(ids)s) AND letter.notification_id = inbox.notification_id AND inbox.withdrawn_at IS NULL

-- name: cancel_deliveries
-- What is being sent at this moment is cancelled by `settle`, if it has to be tried again.
UPDATE delivery
SET state = 'cancelled', next_attempt_at = NULL, changed_at = now()
WHERE notification_id = ANY(%(ids)s) AND state IN ('scheduled', 'unknown')

-- name: claim
-- The oldest that are due, of each route as many as it has room for; rows that another instance looks at are passed over.
-- What waits for a digest goes out in it only.
WITH limits AS (
    SELECT * FROM unnest(%(channels)s::text[], %(limits)s::integer[]) AS l (channel, most)
),
busy AS (
    SELECT * FROM unnest(%(routes)s::text[], %(rooms)s::integer[]) AS b (route, room)
),
candidate AS (
    SELECT delivery_id, channel, route, next_attempt_at
    FROM delivery
    WHERE next_attempt_at <= now()
      AND channel = ANY(%(channels)s)
      AND NOT route = ANY(%(closed)s)
      AND NOT is_for_digest
    ORDER BY next_attempt_at
    LIMIT %(scan)s
    FOR NO KEY UPDATE SKIP LOCKED
),
placed AS (
    SELECT c.delivery_id, c.next_attempt_at, coalesce(busy.room, limits.most) AS room,
           row_number() OVER (PARTITION BY c.route ORDER BY c.next_attempt_at) AS place
    FROM candidate AS c
    JOIN limits USING (channel)
    LEFT JOIN busy USING (route)
),
chosen AS (
    SELECT delivery_id FROM placed WHERE place <= room ORDER BY next_attempt_at LIMIT %(most)s
)
UPDATE delivery
SET state = 'claimed', attempts = attempts + 1, next_attempt_at = NULL, changed_at = now(),
    claimed_by = %(instance)s, leased_until = now() + make_interval(secs => %(lease_seconds)s)
FROM chosen, letter
WHERE delivery.delivery_id = chosen.delivery_id AND letter.notification_id = delivery.notification_id
RETURNING delivery.delivery_id, delivery.channel, delivery.address, delivery.route, delivery.attempts,
          letter.notification_id, letter.type, letter.kind, letter.recipient, letter.language, letter.title, letter.text,
          letter.data, letter.created_at

-- name: find_enclosed
SELECT d.digest_id, letter.type, letter.kind, letter.title, letter.text, letter.data, letter.created_at
FROM delivery AS d
JOIN letter USING (notification_id)
WHERE d.digest_id = ANY(%(ids)s)
ORDER BY letter.created_at, d.delivery_id

-- name: lock_digests
-- One instance gathers at a time, so that no digest is cut in two.
SELECT pg_try_advisory_xact_lock(725340882) AS is_ours

-- name: find_waiting_for_digests
-- Whole digests, those that are due longest first. A withdrawal that is under way is waited for.
WITH due AS (
    SELECT letter.recipient, d.channel, d.address, min(d.next_attempt_at) AS due_at
    FROM delivery AS d
    JOIN letter USING (notification_id)
    WHERE d.is_for_digest AND d.next_attempt_at <= now()
    GROUP BY letter.recipient, d.channel, d.address
    ORDER BY due_at
    LIMIT %(most)s
)
SELECT d.delivery_id, d.channel, d.address, d.route, letter.recipient, letter.language, letter.created_at
FROM delivery AS d
JOIN letter USING (notification_id)
JOIN due ON due.recipient = letter.recipient AND due.channel = d.channel AND due.address = d.address
WHERE d.is_for_digest AND d.next_attempt_at <= now()
FOR NO KEY UPDATE OF d

-- name: write_digest_letters
-- They say nothing themselves: what they hold is read when they are sent, and may have been emptied by an erasure until then.
INSERT INTO letter (notification_id, type, kind, recipient, language, title, text, data, created_at)
SELECT id, %(type)s, %(kind)s, recipient, language, '', '', '{}', created_at
FROM unnest(%(ids)s::text[], %(recipients)s::text[], %(languages)s::text[], %(created_at)s::timestamptz[])
     AS r (id, recipient, language, created_at)

-- name: write_digest_deliveries
INSERT INTO delivery (delivery_id, notification_id, channel, address, route, state, next_attempt_at, changed_at)
SELECT id, id, channel, address, route, 'scheduled', now(), now()
FROM unnest(%(ids)s::text[], %(channels)s::text[], %(addresses)s::text[], %(routes)s::text[])
     AS r (id, channel, address, route)

-- name: close_digests
UPDATE delivery
SET state = 'gathered', digest_id = r.digest_id, next_attempt_at = NULL, changed_at = now()
FROM unnest(%(held)s::text[], %(digests)s::text[]) AS r (delivery_id, digest_id)
WHERE delivery.delivery_id = r.delivery_id

-- name: settle
-- Only what is still this instance's attempt: a late answer of one that was taken for dead changes nothing.
UPDATE delivery
SET state = CASE WHEN s.delay_seconds IS NOT NULL AND letter.withdrawn_at IS NOT NULL THEN 'cancelled' ELSE s.state END,
    next_attempt_at = CASE WHEN letter.withdrawn_at IS NULL THEN now() + make_interval(secs => s.delay_seconds) END,
    last_error = s.error, claimed_by = NULL, leased_until = NULL, changed_at = now()
FROM unnest(
         %(ids)s::text[], %(attempts)s::integer[], %(states)s::text[], %(delays)s::double precision[], %(errors)s::text[]
     ) AS s (delivery_id, attempts, state, delay_seconds, error),
     letter
WHERE delivery.delivery_id = s.delivery_id
  AND delivery.attempts = s.attempts
  AND delivery.state = 'claimed'
  AND delivery.claimed_by = %(instance)s
  AND letter.notification_id = delivery.notification_id

-- name: give_up_leases
-- Whoever had these has ended, or is taken for ended: nobody knows whether they arrived. They go out again under their id.
UPDATE delivery
SET state = CASE WHEN attempts >= %(most_attempts)s THEN 'dead' ELSE 'unknown' END,
    next_attempt_at = CASE WHEN attempts >= %(most_attempts)s THEN NULL ELSE now() END,
    last_error = 'the process ended while sending: it may have arrived',
    claimed_by = NULL, leased_until = NULL, changed_at = now()
WHERE state = 'claimed' AND (leased_until <= now() OR claimed_by = %(ended_instance)s)

-- name: count_by_state
SELECT state, count(*) AS number,
       coalesce(extract(epoch FROM now() - min(next_attempt_at)), 0)::double precision AS overdue_seconds
FROM delivery
WHERE state IN ('scheduled', 'claimed', 'unknown', 'dead')
GROUP BY state
