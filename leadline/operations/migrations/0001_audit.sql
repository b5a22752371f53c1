-- What operators have done, as a chain: each row holds the hash of the one before, so that a change shows.

CREATE TABLE audit (
    sequence     bigint      NOT NULL,
    id           uuid        NOT NULL,
    operation_id uuid        NOT NULL,                     -- shared by all rows of one operation
    verb         text        NOT NULL,
    service      text,                                     -- of the dead letter, where the row is about one
    dlq_id       text,
    by           text        NOT NULL,
    reason       text,
    before       jsonb       NOT NULL,                     -- ids, codes and counts: nothing of what a record says
    after        jsonb       NOT NULL,
    at           timestamptz NOT NULL,
    previous     text        NOT NULL,
    hash         text        NOT NULL,
    CONSTRAINT audit_key PRIMARY KEY (sequence),
    CONSTRAINT audit_once UNIQUE (id),
    CONSTRAINT audit_letter_whole CHECK ((service IS NULL) = (dlq_id IS NULL))
);
CREATE INDEX audit_operation ON audit (operation_id);
CREATE INDEX audit_letter ON audit (service, dlq_id) WHERE dlq_id IS NOT NULL;

-- The end of the chain; whoever adds to it locks this row first. A chain that was cut off shows against it.
CREATE TABLE audit_head (
    is_only  boolean NOT NULL DEFAULT true,
    sequence bigint  NOT NULL,
    hash     text    NOT NULL,
    CONSTRAINT audit_head_key PRIMARY KEY (is_only),
    CONSTRAINT audit_head_is_one_row CHECK (is_only)
);
INSERT INTO audit_head (sequence, hash) VALUES (0, '');
