-- Customers whose conversion was taken back: nobody is told anything about them any more.

ALTER TABLE customer ADD COLUMN is_reverted boolean NOT NULL DEFAULT false;
