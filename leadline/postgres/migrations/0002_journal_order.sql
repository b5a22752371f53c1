-- What a predecessor could not emit is emitted in the order in which it was written: records of one key may come from
-- several partitions (an input and a retry topic), and offsets say nothing about the order between them.

ALTER TABLE emission_journal ADD COLUMN sequence bigint GENERATED ALWAYS AS IDENTITY;
