-- What waits for a recipient's digest goes out as one message. What it holds is written down before it is sent, so that a
-- message that is sent again holds the same under the same id.

ALTER TABLE delivery
    ADD COLUMN is_for_digest boolean NOT NULL DEFAULT false,
    ADD COLUMN digest_id     text,                         -- the delivery that it went in
    ADD CONSTRAINT delivery_digest FOREIGN KEY (digest_id) REFERENCES delivery (delivery_id),
    DROP CONSTRAINT delivery_state_known,
    ADD CONSTRAINT delivery_state_known CHECK (
        state IN ('scheduled', 'claimed', 'sent', 'confirmed', 'unknown', 'dead', 'cancelled', 'gathered')
    ),
    ADD CONSTRAINT delivery_gathered_in_a_digest CHECK ((state = 'gathered') = (digest_id IS NOT NULL));
CREATE INDEX delivery_for_digest ON delivery (next_attempt_at) WHERE is_for_digest AND next_attempt_at IS NOT NULL;
CREATE INDEX delivery_by_digest ON delivery (digest_id) WHERE digest_id IS NOT NULL;

UPDATE delivery AS d
SET is_for_digest = true
FROM letter
WHERE letter.notification_id = d.notification_id AND letter.data ->> 'digest' = 'true'
  AND d.state = 'scheduled' AND d.attempts = 0;
