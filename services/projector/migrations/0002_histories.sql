-- Histories and parts of leads and customers, lists, batches, and what the metrics are counted from.
-- Rows from before keep what they have and begin their history with their present status: only a store that is built
-- again from the first offset has all of it.

ALTER TABLE lead
    ADD COLUMN sayings        jsonb NOT NULL DEFAULT '{}', -- what was said of the status, by the stamp of the event
    ADD COLUMN status_history jsonb NOT NULL DEFAULT '[]', -- [{status, since, until}, ...], oldest first
    ADD COLUMN score_total    integer,
    ADD COLUMN grade          text,
    ADD COLUMN temperature    text,
    ADD COLUMN contacted_at   timestamptz,
    ADD COLUMN qualified_at   timestamptz,
    ADD COLUMN lost_reason    text,
    ADD COLUMN tags           jsonb;

-- Each part of these fields has a stamp of its own from now on.
UPDATE lead SET
    sayings = CASE WHEN data ? 'status'
        THEN jsonb_build_object(field_times ->> 'status', jsonb_build_array('given', data -> 'status')) ELSE '{}' END,
    data = data - '{status,status_at}'::text[],
    field_times = field_times - '{status,status_at,custom_fields,consent,qualification}'::text[] || coalesce((
        SELECT jsonb_object_agg(field || '.' || part, field_times -> field)
        FROM unnest('{custom_fields,consent,qualification}'::text[]) AS field,
            jsonb_object_keys(CASE WHEN jsonb_typeof(data -> field) = 'object' THEN data -> field ELSE '{}' END) AS part), '{}');

CREATE INDEX lead_list ON lead (created_at, lead_id);
CREATE INDEX lead_of_customer ON lead (customer_id);

ALTER TABLE conversion ADD COLUMN batch_id text;
CREATE INDEX conversion_batch ON conversion (batch_id, state) WHERE batch_id IS NOT NULL;
CREATE INDEX conversion_list ON conversion (coalesce(requested_at, '-infinity'), conversion_id);

ALTER TABLE customer_order
    ADD COLUMN amount   numeric,
    ADD COLUMN currency text;
CREATE INDEX customer_email ON customer (lower(data ->> 'email'));
CREATE INDEX customer_list ON customer (created_at, customer_id);

-- Only ever added to: what is true now is read out of it in the order of the stamps.
CREATE TABLE lead_part_change (
    lead_id   text             NOT NULL,
    aspect    text             NOT NULL,                   -- score, assignment, or the kind of an item
    part_id   text             NOT NULL,                   -- the item's id; empty where there is one of a kind
    ce_source text             NOT NULL,
    ce_id     text             NOT NULL,
    at        timestamptz      NOT NULL,
    stamp     text COLLATE "C" NOT NULL,
    value     jsonb            NOT NULL                    -- empty once the lead is erased
);
CREATE UNIQUE INDEX lead_part_change_once ON lead_part_change (lead_id, aspect, part_id, md5(ce_source || '#' || ce_id));

CREATE TABLE customer_part_change (
    customer_id text             NOT NULL,
    aspect      text             NOT NULL,                 -- contact, opportunity, message, document, note, task, ...
    part_id     text             NOT NULL,
    ce_source   text             NOT NULL,
    ce_id       text             NOT NULL,
    at          timestamptz      NOT NULL,
    stamp       text COLLATE "C" NOT NULL,
    value       jsonb            NOT NULL
);
CREATE UNIQUE INDEX customer_part_change_once
    ON customer_part_change (customer_id, aspect, part_id, md5(ce_source || '#' || ce_id));
CREATE INDEX customer_part_change_deals ON customer_part_change (part_id) WHERE aspect = 'opportunity';

-- Of each field of an item the newest word since its last removal; one of which nothing was said since is not shown.
CREATE VIEW lead_item AS
WITH word AS (
    SELECT lead_id, aspect, part_id, at, stamp, value, coalesce(max(stamp) FILTER (WHERE value ? 'removed') OVER item, '')
        AS removed
    FROM lead_part_change WHERE aspect NOT IN ('score', 'assignment')
    WINDOW item AS (PARTITION BY lead_id, aspect, part_id)
)
SELECT w.lead_id, w.aspect AS kind, w.part_id AS item_id, min(w.at) AS created_at, max(w.at) AS updated_at,
    jsonb_object_agg(field.key, field.value ORDER BY w.stamp) AS data
FROM word AS w, jsonb_each(w.value) AS field
WHERE w.stamp > w.removed
GROUP BY w.lead_id, w.aspect, w.part_id;

CREATE VIEW lead_score AS
SELECT lead_id, at, stamp, (value ->> 'behavioral')::integer AS behavioral, (value ->> 'demographic')::integer AS demographic,
    (value ->> 'total')::integer AS total, value ->> 'grade' AS grade, value ->> 'temperature' AS temperature,
    lag((value ->> 'total')::integer) OVER (PARTITION BY lead_id ORDER BY stamp) AS previous_total,
    value ->> 'reason' AS reason, value ->> 'by' AS said_by
FROM lead_part_change
WHERE aspect = 'score' AND value <> '{}';

-- From the word that names a rep to the next word about the matter; the same rep again is no new assignment.
CREATE VIEW lead_assignment AS
WITH said AS (
    SELECT lead_id, at, stamp, value ->> 'rep_id' AS rep_id, value ->> 'assignment_id' AS assignment_id,
        value ->> 'status' AS closed_as,
        lag(value ->> 'rep_id') OVER (PARTITION BY lead_id ORDER BY stamp) AS before
    FROM lead_part_change WHERE aspect = 'assignment'
), turns AS (
    SELECT lead_id, at, stamp, rep_id, assignment_id,
        lead(at) OVER w AS closed_at, lead(coalesce(closed_as, 'released')) OVER w AS closed_as
    FROM said WHERE rep_id IS DISTINCT FROM before
    WINDOW w AS (PARTITION BY lead_id ORDER BY stamp)
)
SELECT lead_id, rep_id, assignment_id, at AS opened_at, closed_at, coalesce(closed_as, 'active') AS status, stamp
FROM turns WHERE rep_id IS NOT NULL;

CREATE VIEW customer_part AS
SELECT p.customer_id, p.aspect AS kind, p.part_id, min(p.at) AS created_at, max(p.at) AS updated_at,
    jsonb_object_agg(field.key, field.value ORDER BY p.stamp) AS data
FROM customer_part_change AS p, jsonb_each(p.value) AS field
GROUP BY p.customer_id, p.aspect, p.part_id;

-- Closed is where the last stage says so, at the time of that stage.
CREATE VIEW opportunity AS
SELECT p.part_id AS opportunity_id, p.customer_id, coalesce(p.data ->> 'lead_id', c.lead_id) AS lead_id,
    p.data ->> 'name' AS name, (p.data ->> 'value')::numeric AS value, p.data ->> 'currency' AS currency,
    p.data ->> 'stage' AS stage, (p.data ->> 'stage_at')::timestamptz AS stage_at,
    (p.data ->> 'probability')::integer AS probability, p.data ->> 'expected_close_date' AS expected_close_date, p.created_at
FROM customer_part AS p LEFT JOIN customer AS c USING (customer_id)
WHERE p.kind = 'opportunity';

-- A lead as the metrics count it.
CREATE VIEW counted_lead AS
SELECT lead_id, coalesce(nullif(source, ''), 'unknown') AS source, coalesce(nullif(assigned_to, ''), 'unknown') AS rep,
    status, coalesce(nullif(lost_reason, ''), 'unknown') AS lost_reason, status_at, created_at, converted_at, status_history,
    (SELECT min((period ->> 'since')::timestamptz) FROM jsonb_array_elements(status_history) AS period
     WHERE period ->> 'status' IN ('qualified', 'converting', 'converted')) AS qualified_at,
    (SELECT min((period ->> 'since')::timestamptz) FROM jsonb_array_elements(status_history) AS period
     WHERE period ->> 'status' = 'contacted') AS contacted_at
FROM lead;
