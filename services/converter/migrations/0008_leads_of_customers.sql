-- A conversion rewrites its lead's row, in place unless an index has to follow: so none is on what a conversion changes, and
-- the leads of a customer are found by the customer and by the conversions that linked a lead to it.

DROP INDEX lead_by_customer;
CREATE INDEX conversion_linked ON conversion (customer_id) WHERE state = 'completed' AND filled IS NOT NULL;
CREATE VIEW customer_lead AS
SELECT customer_id, lead_id FROM customer
UNION ALL
SELECT customer_id, lead_id FROM conversion WHERE state = 'completed' AND filled IS NOT NULL;
