-- name: lock_head
SELECT sequence, hash FROM audit_head FOR UPDATE

-- name: add_rows
INSERT INTO audit (
    sequence, id, operation_id, verb, service, dlq_id, by, reason, before, after, at, previous, hash)
SELECT sequence, id, operation_id, verb, service, dlq_id, by, reason, before, after, at, previous, hash
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (
    sequence bigint, id uuid, operation_id uuid, verb text, service text, dlq_id text, by text, reason text,
    before jsonb, after jsonb, at timestamptz, previous text, hash text)

-- name: move_head
UPDATE audit_head SET sequence = %(sequence)s, hash = %(hash)s

-- name: read_head
SELECT sequence, hash FROM audit_head

-- name: read_chain
SELECT sequence, id::text, operation_id::text, verb, service, dlq_id, by, reason, before, after, at, previous, hash
FROM audit
WHERE sequence > %(behind)s
ORDER BY sequence
LIMIT %(rows)s

-- name: latest
SELECT sequence, id::text, operation_id::text, verb, service, dlq_id, by, reason, before, after, at, previous, hash
FROM audit
ORDER BY sequence DESC
LIMIT %(rows)s
