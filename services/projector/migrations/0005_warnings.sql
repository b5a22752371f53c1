-- What a conversion was to be looked at for, a row for each customer that may be the same; the facts of the conversion hold it.
CREATE VIEW conversion_warning AS
SELECT c.conversion_id, c.lead_id, c.customer_id, said.place, warning ->> 'code' AS code, warning ->> 'reason' AS reason,
    warning ->> 'message' AS message, candidate.id AS candidate_id, candidate.place AS candidate_place
FROM conversion AS c
CROSS JOIN LATERAL jsonb_array_elements(c.facts -> 'completed' -> 'warnings') WITH ORDINALITY AS said (warning, place)
LEFT JOIN LATERAL jsonb_array_elements_text(warning -> 'candidates') WITH ORDINALITY AS candidate (id, place) ON true;
