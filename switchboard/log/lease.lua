-- Takes, renews or gives back the right to run a conversation's turns. Whenever it changes hands the fence is raised, and
-- it is raised when the right is given back: who has an older fence has lost it, and one that ran out unnoticed is told so.
-- KEYS  meta, log, keys, waiting, inbox, lease, turn, feeds, dialogue, checkpoint     (see keys.py)
-- ARGV  what ('take' | 'hold' | 'renew' | 'release'), worker, time to live in ms, conversation, live channel,
--       and for 'take' the entry that says so: its JSON, with %d for the offset and %s for the id of the message;
--       for 'renew' the fence that came with the lease;
--       for 'release' the turn, if it came to no end though its worker lives, or ''; and the wake channel and the time in
--       ms, where the workers are to be told
--
-- take     {fence, term, offset of the oldest unanswered message, how many there are, its JSON, which try this is,
--          1 if it is to stop, what the first try has kept, how many workers may have died of it, this one
--          included, what the bot has not heard (see owner.lua) or '', what the dialogue engine remembers (see
--          remember.lua)}, and the entry is appended, once a message. Every taking raises the fence, so that an older worker's output is refused; a worker that has the
--          lease takes it anew.
--          {} if another worker holds it, or nothing waits (then the conversation leaves the inbox).
-- hold     {fence, term}: the lease without a turn, of a conversation that need not have a log (then the term is '');
--          {} if it is held, or {'owned', owner} while no bot has the conversation.
-- renew    {1}, or {} if the lease was lost. One that ran out, but that nobody has taken since, is kept.
-- release  {1}; the conversation is free for anybody. If something waits it goes behind all others that do.

local meta, log, keys, waiting, inbox, lease = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local turn = KEYS[7]
local holder = redis.call('GET', lease)

if ARGV[1] == 'take' then
  if holder and holder ~= ARGV[2] then return {} end
  local oldest = redis.call('LINDEX', waiting, 0)
  if not oldest then
    redis.call('ZREM', inbox, ARGV[4])
    redis.call('DEL', lease)
    return {}
  end
  redis.call('SET', lease, ARGV[2], 'PX', ARGV[3])
  local entry = redis.call('XRANGE', log, oldest .. '-0', oldest .. '-0')[1][2][2]
  local message = cjson.decode(entry)
  local key = 't' .. oldest
  if redis.call('HGET', turn, 'id') ~= key then
    redis.call('DEL', turn)
    redis.call('HSET', turn, 'id', key)
  end
  if redis.call('HEXISTS', keys, key) == 0 then
    local to = {meta = meta, log = log, keys = keys, feeds = KEYS[8], conversation = ARGV[4]}
    local started = string.format(ARGV[6], oldest, message['messageId'] or message['handoffId'])
    append(to, ARGV[5], message['epoch'], key, '', started)
  end
  local fence, term = redis.call('HINCRBY', meta, 'fence', 1), tonumber(redis.call('HGET', meta, 'term'))
  local stopping = redis.call('HGET', meta, 'stop') == key and 1 or 0
  local try = redis.call('HINCRBY', turn, 'tries', 1)
  local kept = redis.call('HGET', turn, 'kept') or ''
  local deaths = redis.call('HINCRBY', turn, 'deaths', 1)
  local before = remembered(KEYS[9], KEYS[10])
  local unheard = redis.call('HGET', meta, 'unheard') or ''
  return {
    fence, term, tonumber(oldest), redis.call('LLEN', waiting), entry, try, stopping, kept, deaths, unheard, before,
  }
end

if ARGV[1] == 'hold' then
  if holder then return {} end
  local owner, term = unpack(redis.call('HMGET', meta, 'owner', 'term'))
  if owner and string.sub(owner, 1, 4) ~= 'bot:' then return {'owned', owner} end
  redis.call('SET', lease, ARGV[2], 'PX', ARGV[3])
  return {redis.call('HINCRBY', meta, 'fence', 1), term or ''}
end

if ARGV[1] == 'renew' then
  if redis.call('HGET', meta, 'fence') ~= ARGV[6] then return {} end
  redis.call('SET', lease, ARGV[2], 'PX', ARGV[3])
  return {1}
end

if holder and holder ~= ARGV[2] then return {} end
redis.call('DEL', lease)
if redis.call('EXISTS', meta) == 0 then return {1} end -- it was erased meanwhile
redis.call('HINCRBY', meta, 'fence', 1)
if ARGV[6] ~= '' and redis.call('HGET', turn, 'id') == ARGV[6] then redis.call('HINCRBY', turn, 'deaths', -1) end
if ARGV[7] and redis.call('LLEN', waiting) > 0 then
  redis.call('ZADD', inbox, 'XX', ARGV[8], ARGV[4])
  redis.call('PUBLISH', ARGV[7], ARGV[4])
end
return {1}
