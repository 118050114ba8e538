-- Keeps something for later tries of the turn under way; the first value stays.
-- KEYS  meta, log, keys, waiting, inbox, lease, turn, feeds, …     (see keys.py)
-- ARGV  fence, value
--
-- Returns {'ok'}, or {'stale', 'fence', current}: a worker that was away must not speak for a later turn.

local meta, turn = KEYS[1], KEYS[7]
local stale = passed(meta, '', ARGV[1])
if stale then return stale end
redis.call('HSETNX', turn, 'kept', ARGV[2])
return {'ok'}
