-- What leads and customers have in common, for the warnings about customers that may be the same.

ALTER TABLE lead
    -- Beginnings of hashes: of the name, the VAT number, the phone, the mail domain, the address without its tag; null: nothing to
    -- compare; empty: of none of them. From the conversion on they stay, whatever lead events say.
    ADD COLUMN match_keys bigint[] NOT NULL DEFAULT '{}',
    ADD CONSTRAINT lead_erased_has_no_keys CHECK (status <> 'erased' OR match_keys = '{}');

-- Each key that a lead has, once. Most are one lead's alone, and its conversion has nothing to look up or to write.
CREATE TABLE match_key (
    key bigint NOT NULL,
    lead_id text,  -- the first lead that had it; null: that one has it no longer, others may
    is_shared boolean NOT NULL,  -- whether a second lead has ever had it
    CONSTRAINT match_key_once PRIMARY KEY (key),
    CONSTRAINT match_key_of_somebody CHECK (is_shared OR lead_id IS NOT NULL)
);
CREATE INDEX match_key_shared ON match_key (key) WHERE is_shared;

-- The customers of shared keys, in the order of their conversions. No foreign key: it would cost each conversion more than all
-- the rest of this. A row without its customer finds nobody; whoever deletes a customer deletes its rows (`forget_customers`).
CREATE TABLE customer_match (
    key bigint NOT NULL,
    place bigint GENERATED ALWAYS AS IDENTITY,
    customer_id uuid NOT NULL,
    CONSTRAINT customer_match_place PRIMARY KEY (key, place)
);

-- Leads from before get what plain SQL can tell, the name and the mail domain; all of it with their next event that names a
-- field that is compared. Names are folded as services/converter/domain/folding.py does it, with fewer letters and legal forms.
CREATE FUNCTION fold_name(name text) RETURNS text LANGUAGE sql IMMUTABLE RETURN left(regexp_replace(regexp_replace(
    replace(lower(translate(regexp_replace(normalize(name, NFKD), '[\u0300-\u036f]', '', 'g'), '''’‘ʼ`´./', '')), 'ß', 'ss'),
    '[^[:alnum:]]+', '', 'g'), '([aou])e+', '\1', 'g'), 200);
CREATE FUNCTION key_of(kind text, compared text) RETURNS bigint LANGUAGE sql IMMUTABLE RETURN
    ('x' || encode(substr(sha256(convert_to(kind || ':' || compared, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint;

UPDATE lead
SET match_keys = ARRAY[key_of('name', nullif(said.name, '')), NULL, NULL, key_of('domain', nullif(said.domain, '')), NULL]
FROM (
    SELECT lead_id,
        CASE WHEN fold_name(fields ->> 'company_name') <> '' THEN fold_name(regexp_replace(fields ->> 'company_name',
                '(?<=.)([\s,&]+(gmbh|g\.m\.b\.h\.|mbh|ag|kg|ohg|ug|co\.?|se|inc\.?|llc|ltd\.?|limited|plc|corp\.?|s\.?a\.?|s\.?r\.?l\.?|b\.?v\.?))+$',
                '', 'i'))
            WHEN fold_name(fields ->> 'first_name') <> '' AND fold_name(fields ->> 'last_name') <> ''
            THEN fold_name(fields ->> 'first_name') || fold_name(fields ->> 'last_name') END AS name,
        CASE WHEN fields ->> 'email' ~ '@.*\.' THEN nullif(lower(trim(substring(fields ->> 'email' FROM '[^@]*$'))), 'gmail.com') END
            AS domain
    FROM lead WHERE status <> 'erased') AS said
WHERE lead.lead_id = said.lead_id AND (said.name <> '' OR said.domain <> '');

INSERT INTO match_key (key, lead_id, is_shared)
SELECT key, min(lead_id), count(DISTINCT lead_id) > 1
FROM lead, unnest(match_keys) AS key
WHERE key IS NOT NULL
GROUP BY key;

INSERT INTO customer_match (key, customer_id)
SELECT match_key.key, lead.customer_id
FROM lead, unnest(match_keys) AS had (key)
JOIN match_key USING (key)
WHERE lead.customer_id IS NOT NULL AND match_key.is_shared
ORDER BY lead.converted_at, lead.lead_id;

DROP FUNCTION fold_name, key_of;
