-- Keeps what a dialogue engine remembers of a conversation: its events, which are only ever appended, and a checkpoint.
-- KEYS  meta, dialogue, checkpoint, feeds                 (see keys.py)
-- ARGV  'read', or 'append', term or '', fence or '', seconds to keep it or '', cut or '', state, conversation,
--       event …
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

local stale = passed(meta, ARGV[2], ARGV[3])
if stale then return stale end
local new = redis.call('EXISTS', dialogue) == 0 -- or forgotten meanwhile: what came before is no part of it
if new then
  begin_dialogue(KEYS[4], meta)
  redis.call('DEL', checkpoint)
end
for i = 8, #ARGV do redis.call('RPUSH', dialogue, ARGV[i]) end
if ARGV[5] ~= '' and not new then redis.call('HSET', checkpoint, 'cut', ARGV[5], 'state', ARGV[6]) end
if ARGV[4] ~= '' then
  redis.call('EXPIRE', dialogue, ARGV[4])
  redis.call('EXPIRE', checkpoint, ARGV[4])
end
announce(KEYS[4], ARGV[7])
return {'ok'}
