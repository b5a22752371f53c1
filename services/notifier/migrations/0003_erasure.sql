-- A customer that is erased has no name, whenever it is heard of.

ALTER TABLE customer
    ADD COLUMN is_erased boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT customer_erased_has_no_name CHECK (NOT is_erased OR name IS NULL);
