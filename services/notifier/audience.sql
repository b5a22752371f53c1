-- name: find_audience
-- Who has subscribed to each matter, and the preferences of those and of `recipients`; kind is null for the latter.
WITH matter AS MATERIALIZED (
    SELECT kind, customer_id, salesperson_id, discovered_by, branch_id
    FROM unnest(%(kinds)s::text[], %(customer_ids)s::text[], %(salespeople)s::text[], %(discoverers)s::text[],
        %(branches)s::text[]) AS m (kind, customer_id, salesperson_id, discovered_by, branch_id)
),
team_of AS (
    SELECT customer_id, branch_id AS team_id FROM matter WHERE branch_id IS NOT NULL
    UNION
    SELECT m.customer_id, t.team_id
    FROM matter AS m
    CROSS JOIN LATERAL unnest(ARRAY[m.salesperson_id, m.discovered_by]) AS rep (user_id)
    JOIN team_member AS t ON t.user_id = rep.user_id
),
-- What a subscription may say to be about a matter, in a form that can be compared as a whole.
reach AS (
    SELECT kind, customer_id, 'all' AS scope, '' AS owner_id, '' AS team_id FROM matter
    UNION ALL
    SELECT kind, customer_id, 'customer:' || customer_id, '', '' FROM matter
    UNION ALL
    SELECT kind, customer_id, 'own', salesperson_id, '' FROM matter WHERE salesperson_id IS NOT NULL
    UNION ALL
    SELECT m.kind, m.customer_id, 'team', '', t.team_id FROM matter AS m JOIN team_of AS t ON t.customer_id = m.customer_id
),
-- Subscriptions by the user who hears: one's own, and those of one's teams unless one has ended the same for oneself.
hearer AS (
    SELECT s.kind, s.scope, s.subscriber_id AS user_id, coalesce(t.team_id, '') AS team_id
    FROM subscription AS s
    LEFT JOIN team_member AS t ON s.scope = 'team' AND t.user_id = s.subscriber_id
    WHERE s.subscriber_type = 'user' AND s.is_on
    UNION
    SELECT s.kind, s.scope, t.user_id, CASE WHEN s.scope = 'team' THEN t.team_id ELSE '' END
    FROM subscription AS s
    JOIN team_member AS t ON t.team_id = s.subscriber_id
    LEFT JOIN subscription AS own
        ON own.subscriber_type = 'user' AND own.subscriber_id = t.user_id AND own.kind = s.kind AND own.scope = s.scope
    WHERE s.subscriber_type = 'team' AND s.is_on AND own.is_on IS NOT FALSE
),
heard AS (
    SELECT DISTINCT r.kind, r.customer_id, h.user_id
    FROM reach AS r
    JOIN hearer AS h
        ON h.kind = r.kind AND h.scope = r.scope AND h.team_id = r.team_id
        AND CASE WHEN h.scope = 'own' THEN h.user_id ELSE '' END = r.owner_id
)
SELECT h.kind, h.customer_id, h.user_id, p.time_zone, p.quiet_from, p.quiet_until, p.digest
FROM heard AS h LEFT JOIN recipient AS p ON p.user_id = h.user_id
UNION ALL
SELECT NULL, NULL, p.user_id, p.time_zone, p.quiet_from, p.quiet_until, p.digest
FROM recipient AS p WHERE p.user_id = ANY(%(recipients)s::text[])
ORDER BY kind, customer_id, user_id
