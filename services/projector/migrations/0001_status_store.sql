-- The status store: what people and the API may ask about. Everything here can be rebuilt from the topics.

CREATE TABLE conversion (
    conversion_id  text        NOT NULL,
    lead_id        text,                                   -- null while only its progress has been seen
    state          text        NOT NULL,
    attempt        integer     NOT NULL,
    retry_count    integer     NOT NULL,
    retryable      boolean,                                -- null unless failed
    error_code     text,
    error_message  text,
    error          jsonb,
    requested_by   jsonb,
    origin         text,
    requested_at   timestamptz,
    started_at     timestamptz,
    last_retry_at  timestamptz,
    next_retry_at  timestamptz,
    finished_at    timestamptz,
    customer_id    text,
    result         jsonb,
    updated_at     timestamptz NOT NULL,
    facts          jsonb       NOT NULL,                   -- the best fact of each kind; the other columns follow from it
    CONSTRAINT conversion_pk PRIMARY KEY (conversion_id),
    CONSTRAINT conversion_state_known CHECK (state IN ('pending', 'processing', 'completed', 'failed', 'cancelled'))
);
CREATE INDEX conversion_lead ON conversion (lead_id);
CREATE INDEX conversion_updated ON conversion (updated_at);

CREATE TABLE conversion_event (
    conversion_id text        NOT NULL,
    ce_id         text        NOT NULL,
    topic         text        NOT NULL,
    partition     integer     NOT NULL,
    kafka_offset  bigint      NOT NULL,
    type          text        NOT NULL,
    at            timestamptz NOT NULL,
    attempt       integer,
    detail        jsonb       NOT NULL,
    -- one record of conversion.progress speaks of many conversions
    CONSTRAINT conversion_event_once UNIQUE (topic, partition, kafka_offset, conversion_id)
);
CREATE INDEX conversion_event_timeline ON conversion_event (conversion_id, at);

CREATE TABLE lead (
    lead_id       text        NOT NULL,
    status        text        NOT NULL,
    status_at     timestamptz,
    first_name    text,
    last_name     text,
    company_name  text,
    email         text,
    phone         text,
    source        text,
    origin        text,
    discovered_by text,
    assigned_to   text,
    customer_id   text,
    conversion_id text,                                    -- of the conversion that succeeded, else of the latest
    converted_at  timestamptz,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    data          jsonb       NOT NULL,                    -- every field that was said
    field_times   jsonb       NOT NULL,                    -- and the stamp of the event that said it
    erased        text,                                    -- stamp of the erasure
    CONSTRAINT lead_pk PRIMARY KEY (lead_id),
    CONSTRAINT lead_status_known CHECK (status IN ('new', 'contacted', 'qualified', 'nurturing', 'disqualified', 'junk', 'converting', 'converted'))
);
CREATE INDEX lead_status ON lead (status, updated_at);

CREATE TABLE lead_event (
    lead_id      text        NOT NULL,
    ce_source    text        NOT NULL,
    ce_id        text        NOT NULL,
    topic        text        NOT NULL,
    partition    integer     NOT NULL,
    kafka_offset bigint      NOT NULL,
    type         text        NOT NULL,
    at           timestamptz NOT NULL,
    detail       jsonb       NOT NULL
);
-- A producer may publish one event twice. Hashed, since the two attributes may be longer than an index entry.
CREATE UNIQUE INDEX lead_event_once ON lead_event (lead_id, md5(ce_source || '#' || ce_id));
CREATE INDEX lead_event_history ON lead_event (lead_id, at);

CREATE TABLE customer (
    customer_id     text        NOT NULL,
    customer_number text,
    code            text,
    name            text,
    lead_id         text,
    conversion_id   text,
    first_order_at  timestamptz,
    orders          integer     NOT NULL,                  -- placed and not cancelled
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    data            jsonb       NOT NULL,
    field_times     jsonb       NOT NULL,
    CONSTRAINT customer_pk PRIMARY KEY (customer_id)
);
CREATE INDEX customer_lead ON customer (lead_id);

CREATE TABLE customer_event (
    customer_id  text        NOT NULL,
    ce_source    text        NOT NULL,
    ce_id        text        NOT NULL,
    topic        text        NOT NULL,
    partition    integer     NOT NULL,
    kafka_offset bigint      NOT NULL,
    type         text        NOT NULL,
    at           timestamptz NOT NULL,
    detail       jsonb       NOT NULL
);
CREATE UNIQUE INDEX customer_event_once ON customer_event (customer_id, md5(ce_source || '#' || ce_id));
CREATE INDEX customer_event_history ON customer_event (customer_id, at);

-- Orders of customers, also of those that are not known yet.
CREATE TABLE customer_order (
    customer_id  text NOT NULL,
    order_id     text NOT NULL,
    placed_at    timestamptz,                              -- null while only its cancellation has been seen
    cancelled_at timestamptz,
    CONSTRAINT customer_order_pk PRIMARY KEY (customer_id, order_id)
);

-- One row for each customer of an order or of customer.events: whoever changes either locks it first.
CREATE TABLE order_summary (
    customer_id    text    NOT NULL,
    orders         integer NOT NULL,
    first_order_at timestamptz,
    CONSTRAINT order_summary_pk PRIMARY KEY (customer_id)
);

CREATE TABLE dead_letter (
    dlq_id          text        NOT NULL,
    service         text        NOT NULL,
    topic           text        NOT NULL,
    partition       integer,
    kafka_offset    bigint,
    dlq_topic       text        NOT NULL,
    dlq_partition   integer     NOT NULL,
    dlq_offset      bigint      NOT NULL,
    error_code      text        NOT NULL,
    error_message   text        NOT NULL,
    fingerprint     text        NOT NULL,
    attempts        integer     NOT NULL,
    replays         integer     NOT NULL,
    first_failed_at timestamptz NOT NULL,
    failed_at       timestamptz NOT NULL,
    conversion_id   text,
    state           text        NOT NULL DEFAULT 'open',
    record_key      bytea,
    record_value    bytea,
    headers         jsonb       NOT NULL,                  -- the original ones: [[name, value in base64 or null], ...]
    CONSTRAINT dead_letter_pk PRIMARY KEY (dlq_id),
    CONSTRAINT dead_letter_state_known CHECK (state IN ('open', 'replaying', 'resolved', 'discarded', 'quarantined'))
);
CREATE INDEX dead_letter_group ON dead_letter (state, fingerprint);
CREATE INDEX dead_letter_conversion ON dead_letter (conversion_id);

-- What operators decided last; there is a row for each dead letter, which whoever changes either locks first.
CREATE TABLE dead_letter_decision (
    dlq_id     text        NOT NULL,
    state      text        NOT NULL,
    decided_at timestamptz NOT NULL,
    decided_by text,
    reason     text,
    CONSTRAINT dead_letter_decision_pk PRIMARY KEY (dlq_id)
);

CREATE TABLE notification (
    notification_id text        NOT NULL,
    kind            text        NOT NULL,
    recipient       text        NOT NULL,
    customer_id     text,
    lead_id         text,
    conversion_id   text,
    title           text        NOT NULL,
    text            text        NOT NULL,
    created_at      timestamptz NOT NULL,
    CONSTRAINT notification_pk PRIMARY KEY (notification_id)
);
CREATE INDEX notification_recipient ON notification (recipient, created_at);
CREATE INDEX notification_customer ON notification (customer_id);
CREATE INDEX notification_conversion ON notification (conversion_id);
