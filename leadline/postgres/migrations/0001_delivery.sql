-- The delivery protocol's own tables; every service has them in its own schema.

CREATE TABLE partition_progress (
    consumer_group text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    epoch bigint NOT NULL,
    next_offset bigint,  -- null until a first owner has looked where the log begins
    CONSTRAINT partition_progress_key PRIMARY KEY (consumer_group, topic, partition),
    CONSTRAINT partition_progress_epoch_counts_from_1 CHECK (epoch >= 1),
    CONSTRAINT partition_progress_offset_not_negative CHECK (next_offset >= 0)
) WITH (fillfactor = 20);  -- rewritten by every batch: room for updates in place

CREATE TABLE emission_journal (
    consumer_group text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    records bytea NOT NULL,
    CONSTRAINT emission_journal_key PRIMARY KEY (consumer_group, topic, partition, next_offset)
);
ALTER TABLE emission_journal ALTER COLUMN records SET STORAGE EXTERNAL;  -- the blocks are compressed already

CREATE TABLE waiting_record (
    origin text NOT NULL,  -- topic/partition/offset where the record first was
    order_key text NOT NULL,
    goes_first boolean NOT NULL,
    sequence bigint GENERATED ALWAYS AS IDENTITY,  -- of one key, the smaller is handled first
    rung text NOT NULL,
    CONSTRAINT waiting_record_key PRIMARY KEY (origin)
);
CREATE INDEX waiting_record_by_order_key ON waiting_record (order_key, sequence);
