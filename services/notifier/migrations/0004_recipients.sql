-- Who wants to hear of what, how each user is reached and when not, who looks after each customer, and what is due when.

-- As the newest notification.preferences-set says it; whoever is not here has every default.
CREATE TABLE recipient (
    user_id     text        NOT NULL,
    language    text        NOT NULL DEFAULT 'en',
    email       text,
    quiet_from  time,                                      -- null: no quiet hours
    quiet_until time,
    time_zone   text        NOT NULL DEFAULT 'UTC',
    digest      text        NOT NULL DEFAULT 'off',        -- or `daily@08:00`, by the clock of the time zone
    changed_at  timestamptz NOT NULL,
    CONSTRAINT recipient_pk PRIMARY KEY (user_id),
    CONSTRAINT recipient_quiet_hours_have_both_ends CHECK ((quiet_from IS NULL) = (quiet_until IS NULL)),
    CONSTRAINT recipient_digest_known CHECK (digest ~ '^(off|daily@[0-2][0-9]:[0-5][0-9])$')
);

CREATE TABLE recipient_channel (
    user_id text    NOT NULL,
    channel text    NOT NULL,
    address text    NOT NULL,
    secrets text[]  NOT NULL DEFAULT '{}',
    enabled boolean NOT NULL DEFAULT true,
    CONSTRAINT recipient_channel_pk PRIMARY KEY (user_id, channel, address),
    CONSTRAINT recipient_channel_known CHECK (channel IN ('email', 'webhook'))
);

-- The newest word on each subscription; what was ended stays, since an older word may still come.
CREATE TABLE subscription (
    subscriber_type text        NOT NULL,
    subscriber_id   text        NOT NULL,
    kind            text        NOT NULL,
    scope           text        NOT NULL,                  -- own, team, all or customer:<id>
    is_on           boolean     NOT NULL,
    changed_at      timestamptz NOT NULL,
    CONSTRAINT subscription_pk PRIMARY KEY (subscriber_type, subscriber_id, kind, scope),
    CONSTRAINT subscription_of_a_user_or_team CHECK (subscriber_type IN ('user', 'team'))
);

CREATE TABLE team (
    team_id    text        NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT team_pk PRIMARY KEY (team_id)
);

CREATE TABLE team_member (
    team_id text NOT NULL,
    user_id text NOT NULL,
    CONSTRAINT team_member_pk PRIMARY KEY (team_id, user_id),
    CONSTRAINT team_member_team_fk FOREIGN KEY (team_id) REFERENCES team (team_id)
);
CREATE INDEX team_member_user ON team_member (user_id);

-- Who looks after a customer, each with the time of the event that said it. Customers that were known before this have nobody
-- until a customer.updated says so.
ALTER TABLE customer
    ADD COLUMN salesperson_id text,
    ADD COLUMN salesperson_at timestamptz,                 -- null: nothing was said yet
    ADD COLUMN branch_id      text,
    ADD COLUMN branch_at      timestamptz,
    ADD COLUMN taken_back     integer NOT NULL DEFAULT 0;  -- how often a first sale was withdrawn: a part of the next one's id

ALTER TABLE first_order
    ADD COLUMN open_until timestamptz;                     -- the latest not_before of its notices; null: it stands for ever

ALTER TABLE notification
    ADD COLUMN not_before   timestamptz,                   -- null: told at once
    ADD COLUMN withdrawn_at timestamptz;
-- Nobody is told of a first sale while an earlier notice of one still stands.
CREATE UNIQUE INDEX notification_first_sale_once ON notification (subject, recipient)
    WHERE kind = 'first-sale' AND withdrawn_at IS NULL;

-- What conversions carried over, until a tick of the customer's partition says that it is due.
CREATE TABLE reminder (
    customer_id   text        NOT NULL,
    lead_id       text        NOT NULL,
    item_id       text        NOT NULL,
    conversion_id text        NOT NULL,
    partition     integer     NOT NULL,
    remind_at     timestamptz NOT NULL,
    user_id       text,                                    -- null: the customer's salesperson
    text          text,
    told_at       timestamptz,
    CONSTRAINT reminder_pk PRIMARY KEY (customer_id, lead_id, item_id)
);
CREATE INDEX reminder_due ON reminder (partition, remind_at) WHERE told_at IS NULL;

-- What was taken back reminds nobody, also where it is heard of before the reminder.
CREATE TABLE reverted_conversion (
    conversion_id text        NOT NULL,
    reverted_at   timestamptz NOT NULL,
    CONSTRAINT reverted_conversion_pk PRIMARY KEY (conversion_id)
);
