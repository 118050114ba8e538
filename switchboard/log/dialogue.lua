-- What a dialogue engine remembers of a conversation: its events, which are only ever appended, and a checkpoint.
-- KEYS  meta, dialogue, checkpoint, feeds                 (see keys.py)
-- ARGV  'read', or 'append', conversation, term or '', fence or '', and what it adds (see remember.lua)
--
-- read     {cut, state, event …} with the events from the checkpoint on; without one the cut is 0 and the state ''
-- append   {'ok'}, or {'stale', 'term'|'fence', current} and nothing is changed

local meta, dialogue, checkpoint = KEYS[1], KEYS[2], KEYS[3]

if ARGV[1] == 'read' then
  local known = redis.call('HMGET', checkpoint, 'cut', 'state')
  local cut = tonumber(known[1] or '0')
  local result = {cut, known[2] or ''}
  for _, event in ipairs(redis.call('LRANGE', dialogue, cut, -1)) do table.insert(result, event) end
  return result
end

local stale = passed(meta, ARGV[3], ARGV[4])
if stale then return stale end
remember({meta = meta, feeds = KEYS[4], conversation = ARGV[2], dialogue = dialogue, checkpoint = checkpoint}, 5)
return {'ok'}
