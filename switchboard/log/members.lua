-- Who takes part in a conversation changes, with the entry that tells of it.
-- KEYS  meta, log, keys, waiting, inbox, lease, turn, feeds, dialogue, checkpoint, invited     (see keys.py)
-- ARGV  1 what    2 conversation    3 live channel    4 person    5 by: who does it, or '' for the person, or a server
--       then for
--       'join'    6 'role name'    7 the entry    8 the entry if they are muted still    9 at most so many take part
--                 10 invitation or ''    11 its generation    12 how often it is good    13 when it ends, ms    14 now, ms
--       'leave'   6 the entry, to which the script adds the new host
--       'mute'    6 '1' or ''      7 the entry
--       'revoke'
-- Entries are JSON without epoch and offset.
--
-- Returns {'ok', 1 if anything changed, else 0}, {'unknown'} for what the person, or who does it, has no part in,
--     {'forbidden'}, {'nobody'} if there is nobody to mute, {'full'}, {'holds'} for who has the conversation, or {'expired'}, {'revoked'}, {'used_up'}.

local meta, invited = KEYS[1], KEYS[11]
local what, person, by = ARGV[1], ARGV[4], ARGV[5]
local to = {meta = meta, log = KEYS[2], keys = KEYS[3], feeds = KEYS[8], conversation = ARGV[2]}
local epoch = redis.call('HGET', meta, 'epoch')
if not epoch then return {'unknown'} end

local function tell(entry) append(to, ARGV[3], epoch, '', '', entry) end

-- Whether an operator, or the host, may do this to others. Operators are out of a host's reach, bots out of everybody's.
local function may()
  if redis.call('HEXISTS', meta, 'm:' .. by) == 1 or person == by then return false end
  local theirs = role_of(meta, person)
  if role_of(meta, by) == 'operator' then return theirs ~= 'bot' end
  return redis.call('HGET', meta, 'host') == by and (not theirs or theirs == 'customer')
end

-- Why an invitation is good for nothing, if so; else one use of it is noted.
local function refusal(id, generation, uses, ends, now)
  if tonumber(ends) <= tonumber(now) then return 'expired' end
  if generation ~= (redis.call('HGET', meta, 'invitations') or '0') then return 'revoked' end
  if tonumber(redis.call('HGET', invited, id) or '0') >= tonumber(uses) then return 'used_up' end
  redis.call('HINCRBY', invited, id, 1)
  redis.call('PEXPIREAT', invited, math.max(ends, now + math.max(redis.call('PTTL', invited), 0)))
end

-- The customer who has been there for longest, one who may speak if there is any, or nil.
local function heir()
  local first, since
  for who, role in pairs((everybody(meta))) do
    local joined = tonumber(redis.call('HGET', meta, 'j:' .. who) or '0')
    if redis.call('HEXISTS', meta, 'm:' .. who) == 1 then joined = joined + 1e15 end
    if role == 'customer' and (not first or joined < since or (joined == since and who < first)) then
      first, since = who, joined
    end
  end
  return first
end

local function join()
  if role_of(meta, person) then return {'ok', 0} end
  local _, number = everybody(meta)
  if number >= tonumber(ARGV[9]) then return {'full'} end
  local refused = ARGV[10] ~= '' and refusal(ARGV[10], ARGV[11], ARGV[12], tonumber(ARGV[13]), tonumber(ARGV[14]))
  if refused then return {refused} end
  redis.call('HSET', meta, 'p:' .. person, ARGV[6], 'j:' .. person, redis.call('HGET', meta, 'offset'))
  redis.call('HDEL', meta, 'l:' .. person, 'c:' .. person)
  local host = redis.call('HEXISTS', meta, 'host') == 0 and heir()
  if host then redis.call('HSET', meta, 'host', host) end
  count_humans(meta)
  tell(ARGV[7])
  if redis.call('HEXISTS', meta, 'm:' .. person) == 1 then tell(ARGV[8]) end
  return {'ok', 1}
end

local function revoke()
  redis.call('HINCRBY', meta, 'invitations', 1)
  redis.call('DEL', invited)
end

-- Who is removed comes in with no invitation of before. Who has the conversation is to hand it on first.
local function leave()
  if redis.call('HGET', meta, 'owner') == 'operator:' .. person then return {'holds'} end
  redis.call('HSET', meta, 'l:' .. person, redis.call('HGET', meta, 'p:' .. person))
  redis.call('HDEL', meta, 'p:' .. person, 'j:' .. person, 'c:' .. person)
  if by ~= '' then revoke() end
  local entry = ARGV[6]
  if redis.call('HGET', meta, 'host') == person then
    redis.call('HDEL', meta, 'host')
    local next_host = heir()
    if next_host then
      redis.call('HSET', meta, 'host', next_host)
      entry = string.sub(entry, 1, -2) .. ',"host":' .. cjson.encode(next_host) .. '}'
    end
  end
  count_humans(meta)
  tell(entry)
  return {'ok', 1}
end

local function mute()
  local is = redis.call('HEXISTS', meta, 'm:' .. person) == 1
  if is == (ARGV[6] == '1') then return {'ok', 0} end
  if is then redis.call('HDEL', meta, 'm:' .. person) else redis.call('HSET', meta, 'm:' .. person, '1') end
  tell(ARGV[7])
  return {'ok', 1}
end

if what == 'join' then return join() end
if by ~= '' then
  if not role_of(meta, by) then return {'unknown'} end
  if not may() then return {'forbidden'} end
end
if what == 'revoke' then
  revoke()
  return {'ok', 1}
end
if not role_of(meta, person) then
  if what == 'mute' then return {'nobody'} end
  if by ~= '' then revoke() end
  return {by == '' and 'unknown' or 'ok', 0}
end
return what == 'leave' and leave() or mute()
