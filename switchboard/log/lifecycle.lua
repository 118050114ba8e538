-- Somebody renames or closes a conversation.
-- KEYS  meta, log, keys, waiting, inbox, lease, turn, feeds, …     (see keys.py)
-- ARGV  1 conversation    2 live channel    3 participant    4 'title' or 'closed'    5 its new value
--       6 the entry that says so: its JSON
--
-- Returns {'ok'}, also if it was so before, or {'unknown'} if the participant takes no part, {'muted'}.

local meta = KEYS[1]
if redis.call('HEXISTS', meta, 'p:' .. ARGV[3]) == 0 then return {'unknown'} end
if redis.call('HEXISTS', meta, 'm:' .. ARGV[3]) == 1 then return {'muted'} end
if redis.call('HGET', meta, ARGV[4]) == ARGV[5] then return {'ok'} end
redis.call('HSET', meta, ARGV[4], ARGV[5])
local to = {meta = meta, log = KEYS[2], keys = KEYS[3], feeds = KEYS[8], conversation = ARGV[1]}
append(to, ARGV[2], redis.call('HGET', meta, 'epoch'), '', '', ARGV[6])
return {'ok'}
