-- name: recipient
SELECT user_id, language, email, time_zone, to_char(quiet_from, 'HH24:MI') AS quiet_from,
    to_char(quiet_until, 'HH24:MI') AS quiet_until, digest, changed_at
FROM recipient WHERE user_id = %(user_id)s

-- name: channels
-- Secrets are counted, never shown.
SELECT channel, address, enabled, cardinality(secrets) AS secrets
FROM recipient_channel WHERE user_id = %(user_id)s
ORDER BY channel, address

-- name: subscriptions
SELECT s.kind, s.scope, CASE WHEN s.subscriber_type = 'team' THEN s.subscriber_id END AS team, s.is_on, s.changed_at
FROM subscription AS s
WHERE (s.subscriber_type = 'user' AND s.subscriber_id = %(user_id)s)
    OR (s.subscriber_type = 'team' AND s.subscriber_id IN (SELECT team_id FROM team_member WHERE user_id = %(user_id)s))
ORDER BY s.kind, s.scope, team NULLS FIRST

-- name: teams
SELECT team_id FROM team_member WHERE user_id = %(user_id)s ORDER BY team_id
