-- What goes on with the customer beside its contacts, the types of custom fields, and where a customer's values came from.

CREATE TABLE customer_item (
    customer_id uuid NOT NULL,
    kind text NOT NULL,
    item_id text NOT NULL,  -- of the customer: the lead's for what is linked or carried over, its own for a copy
    lead_id text NOT NULL,
    source_id text NOT NULL,  -- the lead's item
    how text NOT NULL,
    fields jsonb NOT NULL,  -- as they were at the conversion; {} for what is linked: there is one record, the lead's
    created_at timestamptz NOT NULL,
    CONSTRAINT customer_item_key PRIMARY KEY (customer_id, kind, lead_id, item_id),
    CONSTRAINT customer_item_of_customer FOREIGN KEY (customer_id) REFERENCES customer,
    CONSTRAINT customer_item_how_known CHECK (how IN ('linked', 'copied', 'carried-over'))
);

CREATE TABLE custom_field (
    name text NOT NULL,
    type text NOT NULL,
    CONSTRAINT custom_field_key PRIMARY KEY (name),
    CONSTRAINT custom_field_type_known CHECK (type IN ('text', 'number', 'boolean', 'list'))
);

ALTER TABLE opportunity ADD COLUMN lead_opportunity_id text;  -- the lead's opportunity that goes on as this one

-- The stamps at the conversion (which event each value came from), kept when a first event changes the lead afterwards.
ALTER TABLE lead ADD COLUMN converted_stamps jsonb;
CREATE INDEX lead_by_customer ON lead (customer_id) WHERE customer_id IS NOT NULL;

ALTER TABLE conversion ADD COLUMN batch_id text, ADD COLUMN filled text[];  -- fields of an existing customer that it filled
CREATE INDEX conversion_by_batch ON conversion (batch_id) WHERE batch_id IS NOT NULL;
