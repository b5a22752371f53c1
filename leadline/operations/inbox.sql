-- name: find_inbox
SELECT inbox.notification_id, letter.kind, letter.title, letter.text, letter.data, inbox.created_at, inbox.read_at,
       inbox.withdrawn_at
FROM inbox
JOIN letter USING (notification_id)
WHERE inbox.recipient = %(recipient)s
  AND (NOT %(unread)s OR inbox.read_at IS NULL AND inbox.withdrawn_at IS NULL)
  AND (%(before)s::text IS NULL OR (inbox.created_at, inbox.notification_id) < (
      SELECT earlier.created_at, earlier.notification_id FROM inbox AS earlier WHERE earlier.notification_id = %(before)s
  ))
ORDER BY inbox.created_at DESC, inbox.notification_id DESC
LIMIT %(limit)s

-- name: mark_read
UPDATE inbox
SET read_at = now()
WHERE recipient = %(recipient)s AND read_at IS NULL AND (%(every)s OR notification_id = ANY(%(ids)s))
RETURNING notification_id
