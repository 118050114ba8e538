-- Takes a conversation out of Redis, or puts another log in its place, under another epoch: whoever has read the old one
-- gets a snapshot.
-- KEYS  meta, log, keys, waiting, inbox, lease, turn, feeds, dialogue, checkpoint, present, invited, draft, desk
--       (see keys.py)
-- ARGV  1 conversation    2 its epoch    3 'delete', or the new epoch; then
--       4 the offset at which the old log ends    5 the feed that begins anew    6 wake channel    7 live channel
--       8 how many entries the draft has
--       9 three lists, each with its length in front: fields of meta and of keys that go, offsets that wait no more
--       … offset, JSON and key of one more entry, or nothing; or for 'delete'
--       4 … the people whom nobody else has ever been with
--
-- Returns {'ok'}, {'gone'} if there is none of that epoch (any more), {'moved'} if it has grown, {'shared'} if there is
-- somebody else, {'expired'} if the draft is not whole.

local meta, log, keys, waiting, inbox, lease = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local turn, feeds, dialogue, checkpoint, present = KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11]
if redis.call('HGET', meta, 'epoch') ~= ARGV[2] then return {'gone'} end

-- Whether anybody takes part, or has, but bots and these.
local function is_shared()
  local alone, fields = {}, redis.call('HGETALL', meta)
  for i = 4, #ARGV do alone[ARGV[i]] = true end
  for i = 1, #fields, 2 do
    local person = string.match(fields[i], '^[pl]:(.*)$')
    if person and not alone[person] and string.match(fields[i + 1], '^%S+') ~= 'bot' then return true end
  end
  return false
end

if ARGV[3] == 'delete' then
  if is_shared() then return {'shared'} end
  redis.call('DEL', meta, log, keys, waiting, lease, turn, dialogue, checkpoint, present, KEYS[12])
  redis.call('ZREM', inbox, ARGV[1])
  redis.call('HDEL', KEYS[14], ARGV[1])
  for _, name in ipairs(redis.call('SMEMBERS', feeds)) do redis.call('ZREM', feeds .. ':' .. name, ARGV[1]) end
  return {'ok'}
end

if redis.call('HGET', meta, 'offset') ~= ARGV[4] then return {'moved'} end
local draft, draft_length = KEYS[13], tonumber(ARGV[8])
if draft_length > 0 and redis.call('XLEN', draft) ~= draft_length then return {'expired'} end
redis.call('DEL', lease, dialogue, checkpoint, present)
redis.call('UNLINK', log)
if draft_length > 0 then
  redis.call('RENAME', draft, log)
  redis.call('PERSIST', log)
end
begin_dialogue(feeds, meta)

local at = 9
local function each(act)
  local last = at + tonumber(ARGV[at])
  for i = at + 1, last do act(ARGV[i]) end
  at = last + 1
end
each(function(field) redis.call('HDEL', meta, field) end)
each(function(field) redis.call('HDEL', keys, field) end)
each(function(offset)
  redis.call('LREM', waiting, 1, offset)
  if redis.call('HGET', turn, 'id') == 't' .. offset then redis.call('DEL', turn) end
end)

local last = ARGV[4]
if ARGV[at] then
  last = ARGV[at]
  redis.call('XADD', log, last .. '-0', 'e', ARGV[at + 1], 'k', ARGV[at + 2])
end
redis.call('HSET', meta, 'epoch', ARGV[3], 'offset', last, 'f:' .. ARGV[5], 0)
local case = redis.call('HGET', KEYS[14], ARGV[1])
if case then -- what a bot has told of the person, and who has asked
  local known = cjson.decode(case)
  known.by, known.context = nil, nil
  redis.call('HSET', KEYS[14], ARGV[1], cjson.encode(known))
end
redis.call('HINCRBY', meta, 'fence', 1) -- what is still worked on answers somebody who is no more
if redis.call('LLEN', waiting) == 0 then redis.call('ZREM', inbox, ARGV[1]) else redis.call('PUBLISH', ARGV[6], ARGV[1]) end
announce(feeds, ARGV[1])
local newest = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
if newest then redis.call('PUBLISH', ARGV[7], newest[2][2]) end -- who has it open sees that it is another log
return {'ok'}
