-- Asks the turn under way, or the next one if none is, to stop; or only one task of it.
-- KEYS  meta, log, keys, waiting, inbox, lease, turn, feeds, …     (see keys.py)
-- ARGV  1 conversation    2 live channel    3 stop channel    4 participant    5 turn or ''
--       6 the entry that says so: its JSON, with %s for the turn, or the task
--       7 task or ''      of that turn
--
-- Returns {'ok', turn}, {'idle'} if nothing, or not that turn, is to be answered, or that task is not under way in it,
--     or {'unknown'}, {'muted'}.

local meta, log, keys, waiting = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
if redis.call('HEXISTS', meta, 'p:' .. ARGV[4]) == 0 then return {'unknown'} end
if redis.call('HEXISTS', meta, 'm:' .. ARGV[4]) == 1 then return {'muted'} end
local oldest = redis.call('LINDEX', waiting, 0)
local turn = oldest and 't' .. oldest
if not turn or (ARGV[5] ~= '' and ARGV[5] ~= turn) then return {'idle'} end

local what = turn
if ARGV[7] ~= '' then
  what = ARGV[7]
  if redis.call('HEXISTS', keys, what .. ':started') == 0 then return {'idle'} end
  for _, ending in ipairs({'completed', 'unavailable', 'timeout', 'refused', 'error', 'uncertain', 'cancelled'}) do
    if redis.call('HEXISTS', keys, what .. ':' .. ending) == 1 then return {'idle'} end
  end
end

local key = what .. ':stop'
if redis.call('HEXISTS', keys, key) == 0 then
  local to = {meta = meta, log = log, keys = keys, feeds = KEYS[8], conversation = ARGV[1]}
  append(to, ARGV[2], redis.call('HGET', meta, 'epoch'), key, '', string.format(ARGV[6], what))
end
if what == turn then redis.call('HSET', meta, 'stop', turn) end
redis.call('PUBLISH', ARGV[3], ARGV[1] .. ' ' .. what)
return {'ok', turn}
