-- name: claim
-- Waits for a zombie that holds the row; its result is seen then.
INSERT INTO partition_progress (consumer_group, topic, partition, epoch)
SELECT %(group)s, topic, partition, 1
FROM unnest(%(topics)b::text[], %(partitions)b::integer[]) AS wanted (topic, partition)
ORDER BY topic, partition
ON CONFLICT ON CONSTRAINT partition_progress_key DO UPDATE SET epoch = partition_progress.epoch + 1
RETURNING topic, partition, epoch, next_offset

-- name: begin_at
UPDATE partition_progress AS progress
SET next_offset = first.next_offset
FROM unnest(%(topics)b::text[], %(partitions)b::integer[], %(offsets)b::bigint[]) AS first (topic, partition, next_offset)
WHERE progress.consumer_group = %(group)s AND progress.topic = first.topic AND progress.partition = first.partition
  AND progress.next_offset IS NULL

-- name: progress
SELECT progress.topic, progress.partition, progress.epoch, coalesce(progress.next_offset, 0) AS next_offset
FROM partition_progress AS progress
JOIN unnest(%(topics)b::text[], %(partitions)b::integer[]) AS wanted (topic, partition) USING (topic, partition)
WHERE progress.consumer_group = %(group)s

-- name: advance
-- The fence: a partition that somebody else has claimed, or that is not where this process left it, is not moved.
UPDATE partition_progress AS progress
SET next_offset = step.after
FROM unnest(%(topics)b::text[], %(partitions)b::integer[], %(epochs)b::bigint[], %(before)b::bigint[], %(after)b::bigint[])
    AS step (topic, partition, epoch, before, after)
WHERE progress.consumer_group = %(group)s AND progress.topic = step.topic AND progress.partition = step.partition
  AND progress.epoch = step.epoch AND progress.next_offset = step.before

-- name: journal
SELECT topic, partition, next_offset, records
FROM emission_journal
JOIN unnest(%(topics)b::text[], %(partitions)b::integer[]) AS wanted (topic, partition) USING (topic, partition)
WHERE consumer_group = %(group)s
ORDER BY sequence

-- name: write_journal
INSERT INTO emission_journal (consumer_group, topic, partition, next_offset, records)
SELECT %(group)s, topic, partition, next_offset, records
FROM unnest(%(topics)b::text[], %(partitions)b::integer[], %(offsets)b::bigint[], %(records)b::bytea[])
    WITH ORDINALITY AS row (topic, partition, next_offset, records, place)
ORDER BY place

-- name: trim_journal
DELETE FROM emission_journal AS journal
USING unnest(%(topics)b::text[], %(partitions)b::integer[], %(offsets)b::bigint[]) AS emitted (topic, partition, next_offset)
WHERE journal.consumer_group = %(group)s AND journal.topic = emitted.topic AND journal.partition = emitted.partition
  AND journal.next_offset <= emitted.next_offset

-- name: waiting
SELECT origin, order_key, goes_first, sequence, rung
FROM waiting_record
WHERE order_key = ANY(%(keys)b)
ORDER BY order_key, sequence

-- name: waiting_rungs
SELECT DISTINCT rung FROM waiting_record ORDER BY rung

-- name: save_waiting
INSERT INTO waiting_record (origin, order_key, goes_first, rung)
SELECT origin, order_key, goes_first, rung
FROM unnest(%(origins)b::text[], %(keys)b::text[], %(first)b::boolean[], %(rungs)b::text[])
    WITH ORDINALITY AS row (origin, order_key, goes_first, rung, place)
ORDER BY place
ON CONFLICT ON CONSTRAINT waiting_record_key DO UPDATE SET rung = excluded.rung

-- name: clear_waiting
DELETE FROM waiting_record WHERE origin = ANY(%(origins)b)

-- name: save_replay_outcomes
-- A replay that was sent twice is done once: what its repeat comes to does not take that back.
INSERT INTO replay_outcome (dlq_id, replays, replay_id, outcome, code, conversion_id)
SELECT dlq_id, replays, replay_id, outcome, code, conversion_id
FROM unnest(%(dlq_ids)b::text[], %(replayss)b::integer[], %(replay_ids)b::text[], %(outcomes)b::text[], %(codes)b::text[],
            %(conversion_ids)b::text[]) AS replay (dlq_id, replays, replay_id, outcome, code, conversion_id)
ON CONFLICT ON CONSTRAINT replay_outcome_key DO UPDATE
SET outcome = excluded.outcome, code = excluded.code, conversion_id = excluded.conversion_id, decided_at = now()
WHERE replay_outcome.outcome <> 'done'
