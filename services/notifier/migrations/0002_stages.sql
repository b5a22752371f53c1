-- Where each customer stands: qualified, active, dormant. Customers that were known before this have no stage.

ALTER TABLE customer
    ADD COLUMN partition        integer,                   -- of customer.events: whose ticks count; null while not known
    ADD COLUMN first_stage      text,                      -- as customer.created says it; null: not known, or without stages
    ADD COLUMN started_at       timestamptz,
    ADD COLUMN activity_at      timestamptz,               -- the newest activity; null: none
    ADD COLUMN touched_at       timestamptz,               -- the newest of start, activities and standing orders
    ADD COLUMN stage            text,                      -- as it was told last
    ADD COLUMN stage_changed_at timestamptz,
    ADD COLUMN stage_changes    integer NOT NULL DEFAULT 0,  -- how many were told: the number in the next one's ce_id
    ADD CONSTRAINT customer_stage_known CHECK (stage IN ('qualified', 'active', 'dormant')),
    ADD CONSTRAINT customer_with_a_stage_has_begun CHECK (
        (stage IS NULL) = (first_stage IS NULL)
        AND (stage IS NULL OR num_nulls(partition, started_at, touched_at, stage_changed_at) = 0)
    );
CREATE INDEX customer_active_by_touch ON customer (partition, touched_at) WHERE stage = 'active';

-- Every order of customers that have stages, or may have: an order may be cancelled long after it was placed.
CREATE TABLE customer_order (
    customer_id  text    NOT NULL,
    order_id     text    NOT NULL,
    placed_at    timestamptz,                              -- null for one that was cancelled
    is_cancelled boolean NOT NULL,
    CONSTRAINT customer_order_pk PRIMARY KEY (customer_id, order_id),
    CONSTRAINT customer_order_that_stands_has_a_time CHECK (is_cancelled = (placed_at IS NULL))
);
CREATE INDEX customer_order_newest ON customer_order (customer_id, placed_at) WHERE NOT is_cancelled;

INSERT INTO customer_order SELECT customer_id, order_id, placed_at, is_cancelled FROM waiting_order;

-- How late it is, for each partition of stage.ticks.
CREATE TABLE stage_tick (
    partition integer     NOT NULL,
    at        timestamptz NOT NULL,
    CONSTRAINT stage_tick_pk PRIMARY KEY (partition)
);
