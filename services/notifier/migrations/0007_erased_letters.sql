-- Letters are found by the customer that they are about, so that its erasure takes their text.

CREATE INDEX letter_by_customer ON letter ((data ->> 'customer_id')) WHERE data ? 'customer_id';
