-- name: keeps_outcomes
SELECT to_regclass('replay_outcome') IS NOT NULL AS keeps

-- name: find_outcomes
SELECT dlq_id, replays, outcome, code, conversion_id
FROM replay_outcome
JOIN unnest(%(dlq_ids)b::text[], %(numbers)b::bigint[]) AS wanted (dlq_id, replays) USING (dlq_id, replays)
ORDER BY outcome = 'done', decided_at
