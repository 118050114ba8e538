-- Hands a feed what it has not taken yet, conversation by conversation.
-- KEYS  feeds; for 'take' and 'advance' also meta, log, dialogue                       (see keys.py)
-- ARGV  what, name of the feed; then for
--       'hold'      holder, time to live in ms
--       'release'   holder
--       'take'      at most so many entries, at most so many events
--       'advance'   conversation, epoch, offset, number of events: all up to there is taken
--
-- hold, release   1 if the holder has the partition, or had it; 0 if another one has it.
-- take            {epoch, offset, number: what was taken before, {entry, …}, {event, …}}; '' without a log
-- advance         1. Never goes back; does nothing if another log has come in the place of that one. The conversation
--                 leaves the list, or goes to its end if there is more to take.

local feeds, meta, log, dialogue = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local what, name = ARGV[1], ARGV[2]
local due, lease = feeds .. ':' .. name, feeds .. ':' .. name .. ':lease'

if what == 'hold' or what == 'release' then
  local holder = redis.call('GET', lease)
  if holder and holder ~= ARGV[3] then return 0 end
  if what == 'hold' then redis.call('SET', lease, ARGV[3], 'PX', ARGV[4]) else redis.call('DEL', lease) end
  return 1
end

local epoch = redis.call('HGET', meta, 'epoch') or ''
local offset = tonumber(redis.call('HGET', meta, 'f:' .. name) or '0')
local number = tonumber(redis.call('HGET', meta, 'd:' .. name) or '0')

if what == 'take' then
  local entries = {}
  for _, item in ipairs(redis.call('XRANGE', log, (offset + 1) .. '-0', '+', 'COUNT', ARGV[3])) do
    table.insert(entries, item[2][2])
  end
  local events = ARGV[4] == '0' and {} or redis.call('LRANGE', dialogue, number, number + ARGV[4] - 1)
  return {epoch, offset, number, entries, events}
end

if redis.call('EXISTS', meta, dialogue) == 0 then
  redis.call('ZREM', due, ARGV[3]) -- it was deleted meanwhile
  return 1
end
if epoch ~= ARGV[4] then return 1 end
local last, length = tonumber(redis.call('HGET', meta, 'offset') or '0'), redis.call('LLEN', dialogue)
offset = math.max(offset, math.min(tonumber(ARGV[5]), last))
number = math.max(number, math.min(tonumber(ARGV[6]), length)) -- a dialogue that began anew meanwhile is shorter
redis.call('HSET', meta, 'f:' .. name, offset, 'd:' .. name, number)
if offset < last or number < length then
  redis.call('ZADD', due, 'XX', microseconds(), ARGV[3])
else
  redis.call('ZREM', due, ARGV[3])
end
return 1
