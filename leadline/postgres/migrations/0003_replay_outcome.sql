-- What became of each record that an operator has sent again: written with the handling, so it is the proof of it.

CREATE TABLE replay_outcome (
    dlq_id text NOT NULL,
    replays integer NOT NULL,
    replay_id text NOT NULL,  -- of the run; empty for a record that was sent by hand
    outcome text NOT NULL,
    code text,
    conversion_id text,
    decided_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT replay_outcome_key PRIMARY KEY (dlq_id, replays, replay_id),
    CONSTRAINT replay_outcome_known CHECK (outcome IN ('done', 'retrying', 'dead')),
    CONSTRAINT replay_outcome_counts_from_1 CHECK (replays >= 1)
);
CREATE INDEX replay_outcome_of_run ON replay_outcome (replay_id);
