-- Appends a batch of entries to one conversation's log, whole or not at all.
--
-- KEYS  meta, log, keys, waiting, inbox, lease, turn, feeds, dialogue, checkpoint; with a change desk    (see keys.py)
-- ARGV  1 conversation    2 live channel    3 wake channel    4 now, ms
--       5 term or ''      the ownership term that the writer writes under
--       6 fence or ''     the lease fence that the writer writes under
--       7 epoch or ''     a new log's epoch: creates the log, refused if there is one
--       8 owner           of a new log
--       9 participants    of a new log, a JSON list: id, 'role name', id, 'role name', …
--      10 keep            how many entries the log keeps
--      11 asks            '1': the first entry is a message, which waits for an answer, if a bot owns the conversation;
--                         'alone': only if its author is the only human, or follows up on what the bot has asked
--      12 answers         offset of the message that this batch answers, or ''
--      13 worker          with answers: gives this worker's lease back, unless more messages wait
--      14 author          must take part in the conversation, or '' if that is known
--      15 crowd           with asks: how many conversations of this partition may wait for an answer
--      16 hold            how many it keeps for feeds that have not taken them
--      17 keeps           for later tries of the turn under way, or ''; the first value stays
--      18 step or ''      with author: how often people may send in this conversation, see rates.lua, µs
--      19 period          of the same
--      20 change or ''    with answers: the conversation gets another owner behind the batch, see owner.lua
--      21 …               what the dialogue engine adds to what it remembers (see remember.lua)
--         …               key, fingerprint, JSON of each entry ('' as key: never a duplicate)
--
-- Returns {'ok', epoch, offset, 0|1, offset, 0|1, …}: each entry's offset and whether it was there already,
--     or {'unknown'}, {'muted'}, {'closed'}, {'owned', owner}, {'exists'}, {'stale', 'term'|'fence', current},
--     {'conflict', key}, {'full'}, {'busy'}, {'fast', µs to wait}.

local meta, log, keys, waiting, inbox = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local conversation, live, wake, now = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local FIRST = 25 + tonumber(ARGV[21])
local TRIM_AT_ONCE = 100
local MAX_WAITING = 50 -- unanswered messages a conversation: they are never trimmed

local to = {meta = meta, log = log, keys = keys, feeds = KEYS[8], conversation = conversation}
local epoch = redis.call('HGET', meta, 'epoch')
if ARGV[7] ~= '' then
  if epoch then return {'exists'} end
  epoch = ARGV[7]
  redis.call('HSET', meta, 'epoch', epoch, 'offset', 0, 'term', 1, 'fence', 0, 'owner', ARGV[8])
  local people = cjson.decode(ARGV[9])
  for i = 1, #people, 2 do
    redis.call('HSET', meta, 'p:' .. people[i], people[i + 1])
    if role_of(meta, people[i]) == 'customer' then redis.call('HSETNX', meta, 'host', people[i]) end
  end
  count_humans(meta)
elseif not epoch or (ARGV[14] ~= '' and redis.call('HEXISTS', meta, 'p:' .. ARGV[14]) == 0) then
  return {'unknown'}
end

local stale = passed(meta, ARGV[5], ARGV[6])
if stale then return stale end

-- What outlives its lock writes under no right at all: a bot's words then, only while a bot has the conversation.
if ARGV[5] == '' and ARGV[14] == '' and ARGV[7] == '' and string.sub(redis.call('HGET', meta, 'owner'), 1, 4) ~= 'bot:' then
  for i = FIRST, #ARGV, 3 do
    if string.find(ARGV[i + 2], '"role":"bot"', 1, true) and string.find(ARGV[i + 2], '"type":"message.', 1, true) then
      return {'stale', 'term', redis.call('HGET', meta, 'term')}
    end
  end
end

for i = FIRST, #ARGV, 3 do
  local known = ARGV[i] ~= '' and redis.call('HGET', keys, ARGV[i])
  if known and string.match(known, '^%d+ (.*)$') ~= ARGV[i + 1] then return {'conflict', ARGV[i]} end
end

local is_new = ARGV[FIRST] == '' or redis.call('HEXISTS', keys, ARGV[FIRST]) == 0
if ARGV[11] ~= '' and is_new then
  if redis.call('HEXISTS', meta, 'm:' .. ARGV[14]) == 1 then return {'muted'} end
  if redis.call('HEXISTS', meta, 'closed') == 1 then return {'closed'} end
end
local owner = redis.call('HGET', meta, 'owner')
local with_bot = string.sub(owner, 1, 4) == 'bot:'
if ARGV[11] ~= '' and is_new and not with_bot and owner ~= 'operator:' .. ARGV[14] and role_of(meta, ARGV[14]) == 'operator' then
  return {'owned', owner}
end
local asks = is_new and ARGV[11] ~= '' and with_bot
if asks and ARGV[11] == 'alone' and tonumber(redis.call('HGET', meta, 'humans') or '1') > 1 then
  asks = follows_up(meta, log, ARGV[14], tonumber(now))
end
if asks then
  local before = redis.call('LLEN', waiting)
  if before >= MAX_WAITING then return {'full'} end
  if before == 0 and redis.call('ZCARD', inbox) >= tonumber(ARGV[15]) then return {'busy'} end
end
if ARGV[18] ~= '' and is_new then
  local known = redis.call('HGET', meta, 'pace')
  local due, early = one_more(known, microseconds(), tonumber(ARGV[18]), tonumber(ARGV[19]))
  if early > 0 then return {'fast', early} end
  redis.call('HSET', meta, 'pace', written(due))
end

if ARGV[17] ~= '' then redis.call('HSETNX', KEYS[7], 'kept', ARGV[17]) end

to.dialogue, to.checkpoint = KEYS[9], KEYS[10]
remember(to, 21)

local result = {'ok', epoch}
for i = FIRST, #ARGV, 3 do
  local key, fingerprint, json = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local known = key ~= '' and redis.call('HGET', keys, key)
  if known then
    table.insert(result, tonumber(string.match(known, '^%d+')))
    table.insert(result, 1)
  else
    local offset = append(to, live, epoch, key, fingerprint, json)
    if i == FIRST and asks then
      redis.call('RPUSH', waiting, offset)
      redis.call('ZADD', inbox, 'NX', now, conversation)
      redis.call('PUBLISH', wake, conversation)
    end
    table.insert(result, offset)
    table.insert(result, 0)
  end
end

if ARGV[12] ~= '' then
  redis.call('LREM', waiting, 1, ARGV[12])
  redis.call('DEL', KEYS[7])
  redis.call('HINCRBY', meta, 'fence', 1) -- an action that is left behind, or a renewal on its way, comes too late
  if ARGV[21] ~= '0' then redis.call('HDEL', meta, 'unheard') end -- the engine remembers the turn, and so all before it
  if ARGV[20] ~= '' then
    to.waiting, to.inbox, to.lease, to.turn, to.desk = waiting, inbox, KEYS[6], KEYS[7], KEYS[11]
    change_owner(to, cjson.decode(ARGV[20]))
  end
  if redis.call('LLEN', waiting) == 0 then
    redis.call('ZREM', inbox, conversation)
    if redis.call('GET', KEYS[6]) == ARGV[13] then redis.call('DEL', KEYS[6]) end
  end
end

-- Trim, but never past an unanswered message, and past what a feed has not taken only if that has become too much.
-- Bounded, so that one publish stays short; the next one goes on.
local length = redis.call('XLEN', log)
local excess = length - tonumber(ARGV[10])
if excess > 0 then
  local oldest, taken = redis.call('LINDEX', waiting, 0), taken_by_all(KEYS[8], meta)
  local gone = redis.call('XRANGE', log, '-', '+', 'COUNT', math.min(excess, TRIM_AT_ONCE))
  local last = nil
  for i, item in ipairs(gone) do
    local offset = tonumber(string.match(item[1], '^%d+'))
    if oldest and offset >= tonumber(oldest) then break end
    if offset > taken and i > length - tonumber(ARGV[16]) then break end
    if item[2][4] ~= '' then redis.call('HDEL', keys, item[2][4]) end
    last = offset
  end
  if last then redis.call('XTRIM', log, 'MINID', (last + 1) .. '-0') end
end
return result
