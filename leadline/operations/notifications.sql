-- name: list_deliveries
SELECT d.delivery_id, d.notification_id, letter.kind, letter.recipient, d.channel, d.address, d.state, d.attempts,
       d.next_attempt_at, d.last_error, d.digest_id, digest.state AS digest_state, letter.created_at, letter.withdrawn_at
FROM delivery AS d
JOIN letter USING (notification_id)
LEFT JOIN delivery AS digest ON digest.delivery_id = d.digest_id
WHERE (%(state)s::text IS NULL OR d.state = %(state)s)
  AND (%(channel)s::text IS NULL OR d.channel = %(channel)s)
  AND (%(recipient)s::text IS NULL OR letter.recipient = %(recipient)s)
  AND (%(notification_id)s::text IS NULL OR %(notification_id)s IN (d.notification_id, d.digest_id))
ORDER BY letter.created_at DESC, d.notification_id, d.channel, d.address
LIMIT %(limit)s

-- name: find_letter
SELECT letter.notification_id, letter.type, letter.kind, letter.recipient, letter.language, letter.title, letter.text,
       letter.created_at, letter.not_before, letter.withdrawn_at, inbox.read_at
FROM letter
LEFT JOIN inbox USING (notification_id)
WHERE letter.notification_id = %(notification_id)s

-- name: find_resendable
-- What was given up, and what may or may not have arrived. What is withdrawn stays so. What went in a digest is sent in it.
SELECT d.delivery_id
FROM delivery AS d
JOIN letter USING (notification_id)
WHERE d.state = ANY(%(states)s)
  AND letter.withdrawn_at IS NULL
  AND (%(every)s OR d.delivery_id = ANY(%(ids)s) OR d.notification_id = ANY(%(ids)s) OR d.delivery_id IN (
      SELECT held.digest_id FROM delivery AS held WHERE held.notification_id = ANY(%(ids)s) OR held.delivery_id = ANY(%(ids)s)
  ))
ORDER BY d.delivery_id

-- name: resend
UPDATE delivery
SET state = 'scheduled', attempts = 0, next_attempt_at = now(), changed_at = now()
WHERE delivery_id = ANY(%(ids)s) AND state = ANY(%(states)s)
