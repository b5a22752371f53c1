-- What the notifier has to remember to tell everything once.

-- A row for each customer of an order or of customer.created: whoever changes either locks it first.
CREATE TABLE customer (
    customer_id   text NOT NULL,
    known_at      timestamptz,                             -- null while only orders of it have been seen
    lead_id       text,
    discovered_by text,
    name          text,
    CONSTRAINT customer_pk PRIMARY KEY (customer_id)
);

-- Orders of customers that have no first order yet.
CREATE TABLE waiting_order (
    customer_id  text    NOT NULL,
    order_id     text    NOT NULL,
    placed_at    timestamptz,                              -- null for one that was cancelled
    is_cancelled boolean NOT NULL,
    CONSTRAINT waiting_order_pk PRIMARY KEY (customer_id, order_id)
);

CREATE TABLE first_order (
    customer_id text        NOT NULL,
    order_id    text        NOT NULL,
    placed_at   timestamptz NOT NULL,
    CONSTRAINT first_order_pk PRIMARY KEY (customer_id)
);

-- Who was told what: never deleted.
CREATE TABLE notification (
    notification_id text        NOT NULL,
    kind            text        NOT NULL,
    subject         text        NOT NULL,
    recipient       text        NOT NULL,
    created_at      timestamptz NOT NULL,
    CONSTRAINT notification_pk PRIMARY KEY (notification_id)
);
