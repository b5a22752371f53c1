-- The converter's replica of leads, and the customers that it owns.

CREATE TABLE lead (
    lead_id text NOT NULL,
    status text NOT NULL,
    fields jsonb NOT NULL,  -- what lead events have said, by field name
    stamps jsonb NOT NULL,  -- for each field, and for "status!", the time and offset of the event that said it last
    assignment jsonb,  -- assignment_id, rep_id, status, opened_at, closed_at; null: never assigned
    conversion_id uuid,  -- the conversion under way or done; null: none
    customer_id uuid,
    converted_at timestamptz,
    CONSTRAINT lead_key PRIMARY KEY (lead_id),
    CONSTRAINT lead_status_known CHECK (status IN
        ('new', 'contacted', 'qualified', 'nurturing', 'disqualified', 'junk', 'erased', 'converting', 'converted')),
    CONSTRAINT lead_converted_has_customer CHECK ((status = 'converted') = (customer_id IS NOT NULL)),
    CONSTRAINT lead_converted_has_time CHECK ((status = 'converted') = (converted_at IS NOT NULL))
) WITH (fillfactor = 70);  -- a conversion rewrites the row: room to do it in place

CREATE TABLE lead_item (
    lead_id text NOT NULL,
    kind text NOT NULL,
    item_id text NOT NULL,
    fields jsonb NOT NULL,
    stamp text NOT NULL,
    is_removed boolean NOT NULL,
    CONSTRAINT lead_item_key PRIMARY KEY (lead_id, kind, item_id)
);

CREATE TABLE conversion (
    conversion_id uuid NOT NULL,  -- made from the idempotency key, so one key has one row
    idempotency_key text NOT NULL,
    lead_id text NOT NULL,
    state text NOT NULL,
    attempt integer NOT NULL,
    origin text NOT NULL,  -- topic/partition/offset of the request
    request bytea NOT NULL,  -- its body, to tell a repeat from another request with the same key
    requested_at timestamptz NOT NULL,
    finished_at timestamptz,
    customer_id uuid,
    error jsonb,
    CONSTRAINT conversion_key PRIMARY KEY (conversion_id),
    CONSTRAINT conversion_state_known CHECK (state IN ('waiting', 'completed', 'failed', 'cancelled')),
    CONSTRAINT conversion_completed_has_customer CHECK ((state = 'completed') = (customer_id IS NOT NULL)),
    CONSTRAINT conversion_ended_has_time CHECK ((state = 'waiting') = (finished_at IS NULL)),
    CONSTRAINT conversion_attempt_counts_from_1 CHECK (attempt >= 1)
);

CREATE SEQUENCE customer_number;

CREATE TABLE customer (
    customer_id uuid NOT NULL,
    customer_number text NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    type text NOT NULL,
    role text NOT NULL,
    customer_status text NOT NULL,
    prospect_stage text,
    first_name text,
    last_name text,
    company_name text,
    email text,
    email_key text,  -- the e-mail address as it is compared; null: no address
    phone text,
    address jsonb,
    vat text,
    branch_id text,
    salesperson_id text,
    discovered_by text,
    lead_id text NOT NULL,
    conversion_id uuid NOT NULL,
    custom_fields jsonb NOT NULL,
    notes text,
    created_at timestamptz NOT NULL,
    CONSTRAINT customer_key PRIMARY KEY (customer_id),
    CONSTRAINT customer_number_unique UNIQUE (customer_number),
    CONSTRAINT customer_code_unique UNIQUE (code),
    CONSTRAINT customer_email_unique UNIQUE (email_key),
    CONSTRAINT customer_lead_unique UNIQUE (lead_id)
);

CREATE TABLE contact (
    contact_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    lead_contact_id text,  -- the lead's contact that it was made from; null: the lead's own person
    first_name text,
    last_name text,
    email text,
    phone text,
    job_title text,
    role text,
    is_primary boolean NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT contact_key PRIMARY KEY (contact_id),
    CONSTRAINT contact_of_customer FOREIGN KEY (customer_id) REFERENCES customer
);
CREATE UNIQUE INDEX contact_one_primary ON contact (customer_id) WHERE is_primary;

CREATE TABLE opportunity (
    opportunity_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    lead_id text NOT NULL,
    name text NOT NULL,
    value numeric(19, 4),
    currency text,
    stage text NOT NULL,
    probability smallint,
    expected_close_date date,
    created_at timestamptz NOT NULL,
    CONSTRAINT opportunity_key PRIMARY KEY (opportunity_id),
    CONSTRAINT opportunity_of_customer FOREIGN KEY (customer_id) REFERENCES customer,
    CONSTRAINT opportunity_probability_percent CHECK (probability BETWEEN 0 AND 100)
);
CREATE INDEX opportunity_by_customer ON opportunity (customer_id);
