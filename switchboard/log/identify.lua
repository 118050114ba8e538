-- A guest has signed in: what the guest was in a conversation, somebody else is from here on.
-- KEYS  meta, log, keys, waiting, inbox, lease, turn, feeds, …     (see keys.py)
-- ARGV  1 conversation    2 live channel    3 guest    4 participant    5 their 'role name'
--       6 the entry that says so: its JSON
--
-- Returns {'ok'}, also if it was so before, or {'unknown'} if neither takes part.

local meta, log, keys = KEYS[1], KEYS[2], KEYS[3]
local guest, person = ARGV[3], ARGV[4]
if redis.call('HEXISTS', meta, 'p:' .. guest) == 0 then
  return {redis.call('HEXISTS', meta, 'p:' .. person) == 1 and 'ok' or 'unknown'}
end
local joined = math.min(
  tonumber(redis.call('HGET', meta, 'j:' .. guest) or '0'),
  role_of(meta, person) and tonumber(redis.call('HGET', meta, 'j:' .. person) or '0') or math.huge
)
if redis.call('HDEL', meta, 'm:' .. guest) == 1 then redis.call('HSET', meta, 'm:' .. person, '1') end
if redis.call('HGET', meta, 'host') == guest then redis.call('HSET', meta, 'host', person) end
redis.call('HDEL', meta, 'p:' .. guest, 'j:' .. guest, 'l:' .. person)
redis.call('HSET', meta, 'p:' .. person, ARGV[5], 'j:' .. person, joined, 'was:' .. guest, person)
count_humans(meta)

-- What the guest has sent, and had no answer to, comes again from the person: it is the same message.
local mine, theirs = 'in:' .. guest .. ':', 'in:' .. person .. ':'
local sent = redis.call('HGETALL', keys)
for i = 1, #sent, 2 do
  if string.sub(sent[i], 1, #mine) == mine then
    redis.call('HSETNX', keys, theirs .. string.sub(sent[i], #mine + 1), sent[i + 1])
  end
end

local to = {meta = meta, log = log, keys = keys, feeds = KEYS[8], conversation = ARGV[1]}
append(to, ARGV[2], redis.call('HGET', meta, 'epoch'), 'identified:' .. guest, '', ARGV[6])
return {'ok'}
