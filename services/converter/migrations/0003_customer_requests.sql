-- What is asked about customers after their conversion, and what comes of it.

ALTER TABLE customer
    ADD COLUMN last_payment numeric(19, 4),  -- null: nothing was paid yet
    ADD COLUMN ytd_sales numeric(19, 4) NOT NULL DEFAULT 0.00,
    ADD COLUMN ar_balance numeric(19, 4) NOT NULL DEFAULT 0.00,
    ADD COLUMN lifetime_sales numeric(19, 4) NOT NULL DEFAULT 0.00,
    ADD COLUMN worker_comp_codes text[] NOT NULL DEFAULT '{}',
    ADD COLUMN multiplier_codes text[] NOT NULL DEFAULT '{}',
    ADD COLUMN billing_cycle text,  -- null: not set
    ADD COLUMN invoice_recipients text[] NOT NULL DEFAULT '{}';

ALTER TABLE contact ADD COLUMN external_id text;  -- the sender's own id; null: none was given

CREATE TABLE customer_request (
    request_id uuid NOT NULL,  -- made from the idempotency key, so one key has one row
    idempotency_key text NOT NULL,
    customer_id uuid NOT NULL,
    kind text NOT NULL,
    body bytea NOT NULL,  -- to tell a repeat from another request with the same key
    origin text NOT NULL,  -- topic/partition/offset of the request
    handled_at timestamptz NOT NULL,
    CONSTRAINT customer_request_key PRIMARY KEY (request_id),
    CONSTRAINT customer_request_of_customer FOREIGN KEY (customer_id) REFERENCES customer
);

CREATE TABLE customer_message (
    message_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    external_id text,
    action_code text NOT NULL,
    subject text,
    text text,
    occurred_at timestamptz,  -- null: not said
    logged_by text,
    logged_at timestamptz NOT NULL,
    CONSTRAINT customer_message_key PRIMARY KEY (message_id),
    CONSTRAINT customer_message_of_customer FOREIGN KEY (customer_id) REFERENCES customer
);
CREATE INDEX customer_message_by_customer ON customer_message (customer_id);

CREATE TABLE customer_task (
    task_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    external_id text,
    message_id uuid,  -- the message that it came with; null: it came alone
    subject text NOT NULL,
    priority text,
    due_date date,
    assigned_to text,
    added_by text,
    added_at timestamptz NOT NULL,
    CONSTRAINT customer_task_key PRIMARY KEY (task_id),
    CONSTRAINT customer_task_of_customer FOREIGN KEY (customer_id) REFERENCES customer,
    CONSTRAINT customer_task_of_message FOREIGN KEY (message_id) REFERENCES customer_message
);
CREATE INDEX customer_task_by_customer ON customer_task (customer_id);

CREATE TABLE customer_note (
    note_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    external_id text,
    text text NOT NULL,
    added_by text,
    added_at timestamptz NOT NULL,
    CONSTRAINT customer_note_key PRIMARY KEY (note_id),
    CONSTRAINT customer_note_of_customer FOREIGN KEY (customer_id) REFERENCES customer
);
CREATE INDEX customer_note_by_customer ON customer_note (customer_id);
