-- name: find_channels
SELECT recipient.user_id, recipient.language, channel.channel, channel.address
FROM recipient
LEFT JOIN recipient_channel AS channel ON channel.user_id = recipient.user_id AND channel.enabled
WHERE recipient.user_id = ANY(%(user_ids)s)
UNION ALL
SELECT channel.user_id, NULL, channel.channel, channel.address
FROM recipient_channel AS channel
WHERE channel.user_id = ANY(%(user_ids)s) AND channel.enabled
  AND NOT EXISTS (SELECT FROM recipient WHERE recipient.user_id = channel.user_id)

-- name: find_secrets
SELECT user_id, channel, address, secrets
FROM recipient_channel
WHERE enabled AND user_id = ANY(%(user_ids)s)
