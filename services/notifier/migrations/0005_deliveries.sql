-- What the delivering half keeps: letters, the ledger of their deliveries, the inboxes.

-- A notification with its text.
CREATE TABLE letter (
    notification_id text        NOT NULL,
    type            text        NOT NULL,
    kind            text        NOT NULL,
    recipient       text        NOT NULL,
    language        text        NOT NULL,
    title           text        NOT NULL,
    text            text        NOT NULL,
    data            jsonb       NOT NULL,                  -- the body of the record, for receivers of webhooks
    created_at      timestamptz NOT NULL,
    not_before      timestamptz,                           -- null: at once
    withdrawn_at    timestamptz,
    CONSTRAINT letter_pk PRIMARY KEY (notification_id)
);

-- One row for each letter, channel and address. The id is the message id of every attempt.
CREATE TABLE delivery (
    delivery_id     text        NOT NULL,
    notification_id text        NOT NULL,
    channel         text        NOT NULL,
    address         text        NOT NULL,
    route           text        NOT NULL,                  -- what fails together: a webhook's URL, the mail server
    state           text        NOT NULL,
    attempts        integer     NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    claimed_by      text,                                  -- the instance that is sending it now
    leased_until    timestamptz,                           -- after this, that instance is taken for dead
    last_error      text,
    changed_at      timestamptz NOT NULL,
    CONSTRAINT delivery_pk PRIMARY KEY (delivery_id),
    CONSTRAINT delivery_once UNIQUE (notification_id, channel, address),
    CONSTRAINT delivery_letter FOREIGN KEY (notification_id) REFERENCES letter ON DELETE CASCADE,
    CONSTRAINT delivery_state_known CHECK (
        state IN ('scheduled', 'claimed', 'sent', 'confirmed', 'unknown', 'dead', 'cancelled')
    ),
    CONSTRAINT delivery_waits_for_a_time CHECK ((next_attempt_at IS NOT NULL) = (state IN ('scheduled', 'unknown'))),
    CONSTRAINT delivery_claimed_with_a_lease CHECK (
        (state = 'claimed') = (claimed_by IS NOT NULL) AND (state = 'claimed') = (leased_until IS NOT NULL)
    )
);
CREATE INDEX delivery_due ON delivery (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX delivery_leased ON delivery (leased_until) WHERE state = 'claimed';
CREATE INDEX delivery_troubled ON delivery (changed_at) WHERE state IN ('unknown', 'dead');

-- What a person sees in the application; the text is in the letter.
CREATE TABLE inbox (
    notification_id text        NOT NULL,
    recipient       text        NOT NULL,
    created_at      timestamptz NOT NULL,
    read_at         timestamptz,
    withdrawn_at    timestamptz,
    CONSTRAINT inbox_pk PRIMARY KEY (notification_id),
    CONSTRAINT inbox_letter FOREIGN KEY (notification_id) REFERENCES letter ON DELETE CASCADE
);
CREATE INDEX inbox_by_time ON inbox (recipient, created_at, notification_id);
