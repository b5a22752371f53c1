-- name: keeps_dead_letters
-- The table is not there before the projector has been installed.
SELECT to_regclass('dead_letter') IS NOT NULL AS keeps

-- name: erased_dead_letters
SELECT dlq_id FROM dead_letter WHERE dlq_id = ANY(%(ids)s::text[]) AND erased
