-- Asks the turn under way, or the next one if none is, to stop.
-- KEYS  meta, log, keys, waiting, inbox, lease, turn, feeds, …     (see keys.py)
-- ARGV  1 conversation    2 live channel    3 stop channel    4 participant    5 turn or ''
--       6 the entry that says so: its JSON, with %s for the turn
--
-- Returns {'ok', turn}, {'idle'} if nothing, or not that turn, is to be answered, or {'unknown'}, {'muted'}.

local meta, log, keys, waiting = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
if redis.call('HEXISTS', meta, 'p:' .. ARGV[4]) == 0 then return {'unknown'} end
if redis.call('HEXISTS', meta, 'm:' .. ARGV[4]) == 1 then return {'muted'} end
local oldest = redis.call('LINDEX', waiting, 0)
local turn = oldest and 't' .. oldest
if not turn or (ARGV[5] ~= '' and ARGV[5] ~= turn) then return {'idle'} end

local key = turn .. ':stop'
if redis.call('HEXISTS', keys, key) == 0 then
  local to = {meta = meta, log = log, keys = keys, feeds = KEYS[8], conversation = ARGV[1]}
  append(to, ARGV[2], redis.call('HGET', meta, 'epoch'), key, '', string.format(ARGV[6], turn))
end
redis.call('HSET', meta, 'stop', turn)
redis.call('PUBLISH', ARGV[3], ARGV[1] .. ' ' .. turn)
return {'ok', turn}
