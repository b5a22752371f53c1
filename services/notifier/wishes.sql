-- name: write_recipients
-- Only those come back about whom nothing newer was known.
INSERT INTO recipient AS r (user_id, language, email, quiet_from, quiet_until, time_zone, digest, changed_at)
SELECT user_id, language, email, quiet_from, quiet_until, time_zone, digest, changed_at
FROM jsonb_to_recordset(%(rows)s::jsonb) AS said (
    user_id text, language text, email text, quiet_from time, quiet_until time, time_zone text, digest text,
    changed_at timestamptz)
ON CONFLICT (user_id) DO UPDATE
SET language = excluded.language, email = excluded.email, quiet_from = excluded.quiet_from,
    quiet_until = excluded.quiet_until, time_zone = excluded.time_zone, digest = excluded.digest,
    changed_at = excluded.changed_at
WHERE excluded.changed_at >= r.changed_at
RETURNING user_id

-- name: drop_channels
DELETE FROM recipient_channel WHERE user_id = ANY(%(ids)s::text[])

-- name: write_channels
INSERT INTO recipient_channel (user_id, channel, address, secrets, enabled)
SELECT user_id, channel, address, secrets, enabled
FROM jsonb_to_recordset(%(rows)s::jsonb) AS said (user_id text, channel text, address text, secrets text[], enabled boolean)
WHERE user_id = ANY(%(ids)s::text[])

-- name: write_subscriptions
-- At one moment the end of a subscription stands above its begin, whichever comes first.
INSERT INTO subscription AS s (subscriber_type, subscriber_id, kind, scope, is_on, changed_at)
SELECT subscriber_type, subscriber_id, kind, scope, is_on, changed_at
FROM jsonb_to_recordset(%(rows)s::jsonb) AS said (
    subscriber_type text, subscriber_id text, kind text, scope text, is_on boolean, changed_at timestamptz)
ON CONFLICT (subscriber_type, subscriber_id, kind, scope) DO UPDATE
SET is_on = excluded.is_on, changed_at = excluded.changed_at
WHERE (excluded.changed_at, NOT excluded.is_on) > (s.changed_at, NOT s.is_on)

-- name: write_teams
INSERT INTO team AS t (team_id, changed_at)
SELECT team_id, changed_at FROM jsonb_to_recordset(%(rows)s::jsonb) AS said (team_id text, changed_at timestamptz)
ON CONFLICT (team_id) DO UPDATE SET changed_at = excluded.changed_at
WHERE excluded.changed_at >= t.changed_at
RETURNING team_id

-- name: drop_members
DELETE FROM team_member WHERE team_id = ANY(%(ids)s::text[])

-- name: write_members
INSERT INTO team_member (team_id, user_id)
SELECT team_id, user_id FROM jsonb_to_recordset(%(rows)s::jsonb) AS said (team_id text, user_id text)
WHERE team_id = ANY(%(ids)s::text[])
