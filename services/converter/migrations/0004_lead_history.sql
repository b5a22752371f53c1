-- What leads and their items need to come out the same whatever order their events come in.

ALTER TABLE lead
    ADD COLUMN history jsonb,  -- the status that each event asked for, by the event's stamp; "=" before it: a whole lead's
    ADD COLUMN created_at timestamptz,  -- null: no whole lead has come yet
    ADD COLUMN contacted_at timestamptz,  -- the first contact; null: never
    ADD COLUMN qualified_at timestamptz;  -- the newest qualification; null: never

UPDATE lead
SET history = CASE
        WHEN status = 'erased' OR NOT stamps ? 'status!' THEN '{}'
        WHEN status IN ('converting', 'converted') THEN jsonb_build_object(stamps ->> 'status!', '=qualified')
        ELSE jsonb_build_object(stamps ->> 'status!', '=' || status)
    END,
    fields = CASE status WHEN 'erased' THEN '{}' ELSE fields - 'status' END,
    stamps = CASE status WHEN 'erased' THEN '{}' ELSE stamps - 'status!' - 'status' END,
    assignment = CASE status WHEN 'erased' THEN NULL ELSE assignment END,
    created_at = CASE status WHEN 'erased' THEN NULL ELSE (fields ->> 'created_at')::timestamptz END,
    contacted_at = CASE status WHEN 'erased' THEN NULL ELSE (fields ->> 'contacted_at')::timestamptz END,
    qualified_at = CASE status WHEN 'erased' THEN NULL ELSE (fields ->> 'qualified_at')::timestamptz END;

ALTER TABLE lead
    ALTER COLUMN history SET NOT NULL,
    ADD CONSTRAINT lead_erased_is_empty CHECK (status <> 'erased' OR
        (fields = '{}' AND stamps = '{}' AND history = '{}' AND assignment IS NULL
         AND created_at IS NULL AND contacted_at IS NULL AND qualified_at IS NULL));

ALTER TABLE lead_item
    ADD COLUMN stamps jsonb,  -- for each field, the time and offset of the word that said it last
    ADD COLUMN removed text;  -- stamp of the newest removal; empty: never removed

DELETE FROM lead_item USING lead WHERE lead.lead_id = lead_item.lead_id AND lead.status = 'erased';

UPDATE lead_item
SET fields = CASE WHEN is_removed THEN '{}' ELSE fields END,
    stamps = CASE WHEN is_removed THEN '{}'
        ELSE (SELECT coalesce(jsonb_object_agg(name, stamp), '{}') FROM jsonb_object_keys(fields) AS name) END,
    removed = CASE WHEN is_removed THEN stamp ELSE '' END;

ALTER TABLE lead_item
    ALTER COLUMN stamps SET NOT NULL,
    ALTER COLUMN removed SET NOT NULL,
    ADD CONSTRAINT lead_item_removed_is_empty CHECK (NOT is_removed OR fields = '{}'),
    ADD CONSTRAINT lead_item_removal_takes_what_was_before CHECK (is_removed = (stamp <= removed));
