-- name: conversion_rate
SELECT CASE WHEN GROUPING(source) = 0 THEN 'source' WHEN GROUPING(rep) = 0 THEN 'rep' ELSE 'all' END AS grouped_by,
    coalesce(source, rep, 'all') AS name, count(*) AS qualified, count(converted_at) AS converted,
    round(100.0 * count(converted_at) / nullif(count(*), 0), 2) AS percent
FROM counted_lead
WHERE status <> 'junk' AND qualified_at >= coalesce(%(since)s::timestamptz, '-infinity')
    AND qualified_at < coalesce(%(until)s::timestamptz, 'infinity')
GROUP BY GROUPING SETS ((), (source), (rep))
ORDER BY grouped_by, coalesce(source, rep, 'all') COLLATE "C"

-- name: time_to_conversion
WITH spent AS (
    SELECT extract(epoch FROM converted_at - created_at) AS seconds
    FROM counted_lead
    WHERE converted_at >= coalesce(%(since)s::timestamptz, '-infinity')
        AND converted_at < coalesce(%(until)s::timestamptz, 'infinity')
)
SELECT count(*) AS converted, round(avg(seconds) / 86400, 4) AS mean_days,
    round(percentile_disc(0.5) WITHIN GROUP (ORDER BY seconds) / 86400, 4) AS median_days,
    round(percentile_disc(0.9) WITHIN GROUP (ORDER BY seconds) / 86400, 4) AS p90_days
FROM spent

-- name: time_in_status
WITH spent AS (
    SELECT period.status, sum(extract(epoch FROM period.until - period.since)) AS seconds
    FROM counted_lead AS l,
        jsonb_to_recordset(l.status_history) AS period (status text, since timestamptz, until timestamptz)
    WHERE l.converted_at >= coalesce(%(since)s::timestamptz, '-infinity')
        AND l.converted_at < coalesce(%(until)s::timestamptz, 'infinity')
        AND period.until <= l.converted_at
    GROUP BY l.lead_id, period.status
)
SELECT status, count(*) AS leads, round(avg(seconds) / 86400, 4) AS mean_days,
    round(percentile_disc(0.5) WITHIN GROUP (ORDER BY seconds) / 86400, 4) AS median_days
FROM spent
GROUP BY status
ORDER BY status COLLATE "C"

-- name: sales_cycle
WITH won AS (
    SELECT extract(epoch FROM o.stage_at - l.created_at) AS since_created,
        extract(epoch FROM o.stage_at - l.contacted_at) AS since_contacted
    FROM opportunity AS o JOIN counted_lead AS l USING (lead_id)
    WHERE o.stage = 'closed_won' AND o.stage_at >= coalesce(%(since)s::timestamptz, '-infinity')
        AND o.stage_at < coalesce(%(until)s::timestamptz, 'infinity')
)
SELECT count(*) AS won, round(avg(since_created) / 86400, 4) AS mean_days_since_created,
    count(since_contacted) AS contacted, round(avg(since_contacted) / 86400, 4) AS mean_days_since_contacted
FROM won

-- name: win_rate
SELECT CASE WHEN GROUPING(l.source) = 0 THEN 'source' ELSE 'all' END AS grouped_by, coalesce(l.source, 'all') AS name,
    count(*) FILTER (WHERE o.stage = 'closed_won') AS won, count(*) FILTER (WHERE o.stage = 'closed_lost') AS lost,
    round(100.0 * count(*) FILTER (WHERE o.stage = 'closed_won') / nullif(count(*), 0), 2) AS percent
FROM opportunity AS o JOIN counted_lead AS l USING (lead_id)
WHERE o.stage IN ('closed_won', 'closed_lost') AND o.stage_at >= coalesce(%(since)s::timestamptz, '-infinity')
    AND o.stage_at < coalesce(%(until)s::timestamptz, 'infinity')
GROUP BY GROUPING SETS ((), (l.source))
ORDER BY grouped_by, coalesce(l.source, 'all') COLLATE "C"

-- name: deal_size
SELECT l.source, coalesce(o.currency, 'unknown') AS currency, count(*) AS won, round(avg(o.value), 2) AS mean_value,
    sum(o.value) AS total_value
FROM opportunity AS o JOIN counted_lead AS l USING (lead_id)
WHERE o.stage = 'closed_won' AND o.stage_at >= coalesce(%(since)s::timestamptz, '-infinity')
    AND o.stage_at < coalesce(%(until)s::timestamptz, 'infinity')
GROUP BY l.source, coalesce(o.currency, 'unknown')
ORDER BY l.source COLLATE "C", coalesce(o.currency, 'unknown') COLLATE "C"

-- name: cost_per_conversion
WITH converted AS (
    SELECT source, count(*) AS leads
    FROM counted_lead
    WHERE converted_at >= coalesce(%(since)s::timestamptz, '-infinity')
        AND converted_at < coalesce(%(until)s::timestamptz, 'infinity')
    GROUP BY source
)
SELECT c.channel, c.cost, coalesce(d.leads, 0) AS converted, round(c.cost / d.leads, 2) AS cost_each
FROM jsonb_to_recordset(%(costs)s::jsonb) AS c (channel text, cost numeric) LEFT JOIN converted AS d ON d.source = c.channel
ORDER BY c.channel COLLATE "C"

-- name: lost_leads
-- Junk was never a sale that could be lost.
SELECT lost_reason AS reason, count(*) AS leads
FROM counted_lead
WHERE status = 'disqualified' AND status_at >= coalesce(%(since)s::timestamptz, '-infinity')
    AND status_at < coalesce(%(until)s::timestamptz, 'infinity')
GROUP BY lost_reason
ORDER BY lost_reason COLLATE "C"
