-- What is needed to take a conversion back: what has come of it since, what it filled, and what is left of it afterwards.

ALTER TABLE conversion
    ADD COLUMN reverted_at timestamptz,  -- null: it was not taken back
    DROP CONSTRAINT conversion_state_known,
    DROP CONSTRAINT conversion_completed_has_customer,
    ADD CONSTRAINT conversion_state_known CHECK (state IN ('waiting', 'completed', 'failed', 'cancelled', 'reverted')),
    ADD CONSTRAINT conversion_completed_has_customer CHECK ((state IN ('completed', 'reverted')) = (customer_id IS NOT NULL)),
    ADD CONSTRAINT conversion_reverted_has_time CHECK ((state = 'reverted') = (reverted_at IS NOT NULL));

-- The values that a conversion has put into empty fields of a customer that existed, and of its contacts.
CREATE TABLE conversion_fill (
    conversion_id uuid NOT NULL,
    changes jsonb NOT NULL,  -- by field
    contact_changes jsonb NOT NULL,  -- by contact, by field
    CONSTRAINT conversion_fill_key PRIMARY KEY (conversion_id)
);

CREATE TABLE conversion_revert (
    revert_id uuid NOT NULL,  -- made from the idempotency key, so one key has one row
    idempotency_key text NOT NULL,
    conversion_id uuid NOT NULL,
    digest bytea NOT NULL,  -- of its body, to tell a repeat from another request with the same key
    origin text NOT NULL,  -- topic/partition/offset of the request
    handled_at timestamptz NOT NULL,
    refused text,  -- the error code; null: it was granted
    CONSTRAINT conversion_revert_key PRIMARY KEY (revert_id)
);
CREATE UNIQUE INDEX conversion_revert_granted_once ON conversion_revert (conversion_id) WHERE refused IS NULL;

-- A customer whose conversion was taken back leaves its ids and its number, which nobody else ever gets.
CREATE TABLE reverted_customer (
    customer_id uuid NOT NULL,
    customer_number text NOT NULL,
    lead_id text NOT NULL,
    conversion_id uuid NOT NULL,
    reverted_at timestamptz NOT NULL,
    CONSTRAINT reverted_customer_key PRIMARY KEY (customer_id),
    CONSTRAINT reverted_customer_number_unique UNIQUE (customer_number)
);

CREATE INDEX reverted_customer_by_lead ON reverted_customer (lead_id);

-- Which orders stand: they may be heard of before their customer, and a cancellation before its order.
CREATE TABLE customer_order (
    customer_id text NOT NULL,
    order_id text NOT NULL,
    is_cancelled boolean NOT NULL,
    CONSTRAINT customer_order_key PRIMARY KEY (customer_id, order_id)
);

ALTER TABLE opportunity
    ADD COLUMN stage_stamp text,  -- time and offset of the event that said the stage last; null: as it was opened
    ADD COLUMN probability_stamp text;

CREATE INDEX IF NOT EXISTS customer_request_by_customer ON customer_request (customer_id);
