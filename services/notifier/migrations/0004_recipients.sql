-- Who is to be reached how. Written by the deciding half, read by the delivering half.

CREATE TABLE recipient (
    user_id     text        PRIMARY KEY,
    language    text        NOT NULL DEFAULT 'en',
    email       text,
    quiet_from  time,
    quiet_until time,
    time_zone   text        NOT NULL DEFAULT 'UTC',
    digest      text        NOT NULL DEFAULT 'off',
    changed_at  timestamptz NOT NULL
);

CREATE TABLE recipient_channel (
    user_id text    NOT NULL,
    channel text    NOT NULL CHECK (channel IN ('email', 'webhook')),
    address text    NOT NULL,
    secrets text[]  NOT NULL DEFAULT '{}',
    enabled boolean NOT NULL DEFAULT true,
    PRIMARY KEY (user_id, channel, address)
);
