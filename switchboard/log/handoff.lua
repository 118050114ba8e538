-- A conversation gets another owner, if its ownership is still the one that was seen.
-- KEYS  meta, log, keys, waiting, inbox, lease, turn, feeds, dialogue, checkpoint, desk     (see keys.py)
-- ARGV  1 conversation    2 term that was seen    3 the change, JSON (see ownership.py)
--
-- Returns {'ok', term, offset of the last entry}, {'unknown'}, or {'stale', owner, term}.

local meta = KEYS[1]
local owner, term = unpack(redis.call('HMGET', meta, 'owner', 'term'))
if not owner then return {'unknown'} end
if term ~= ARGV[2] then return {'stale', owner, term} end
local to = {
  meta = meta, log = KEYS[2], keys = KEYS[3], waiting = KEYS[4], inbox = KEYS[5], lease = KEYS[6], turn = KEYS[7],
  feeds = KEYS[8], desk = KEYS[11], conversation = ARGV[1],
}
return {'ok', change_owner(to, cjson.decode(ARGV[3]))}
