-- Puts a block on the list, or takes one off it, and tells every server.
-- KEYS  blocks (hash: subject → JSON), ends (zset: subject, scored by when its block ends, s)
-- ARGV  now (s), most blocks at a time, channel, subject, JSON or '' (to take it off), its end (s, or +inf)
--
-- Returns 'ok', or 'full' if there are that many.

local blocks, ends, subject, json = KEYS[1], KEYS[2], ARGV[4], ARGV[5]
for _, over in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', ARGV[1])) do
  redis.call('HDEL', blocks, over)
  redis.call('ZREM', ends, over)
end
if json == '' then
  redis.call('HDEL', blocks, subject)
  redis.call('ZREM', ends, subject)
else
  if redis.call('HEXISTS', blocks, subject) == 0 and redis.call('HLEN', blocks) >= tonumber(ARGV[2]) then
    return 'full'
  end
  redis.call('HSET', blocks, subject, json)
  redis.call('ZADD', ends, ARGV[6], subject)
end
redis.call('PUBLISH', ARGV[3], subject .. ' ' .. json)
return 'ok'
