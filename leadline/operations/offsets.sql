-- name: standings
SELECT topic, partition, next_offset
FROM partition_progress
WHERE consumer_group = %(group)s
ORDER BY topic, partition

-- name: move
-- The epoch rises too: whoever still believes to own the partition is shut out.
INSERT INTO partition_progress (consumer_group, topic, partition, epoch, next_offset)
VALUES (%(group)s, %(topic)s, %(partition)s, 1, %(offset)s)
ON CONFLICT ON CONSTRAINT partition_progress_key DO UPDATE
SET epoch = partition_progress.epoch + 1, next_offset = excluded.next_offset

-- name: forget_journal
DELETE FROM emission_journal
WHERE consumer_group = %(group)s AND topic = %(topic)s AND partition = %(partition)s
