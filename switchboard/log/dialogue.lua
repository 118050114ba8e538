-- What a dialogue engine remembers of a conversation: its events, which are only ever appended, and a checkpoint.
-- KEYS  meta, dialogue, checkpoint, feeds                 (see keys.py)
-- ARGV  'read', or 'append', conversation, term or '', fence or '', and what it adds (see remember.lua)
--
-- read     {cut, state, event …} (see remember.lua)
-- append   {'ok'}, or {'stale', 'term'|'fence', current} and nothing is changed

local meta, dialogue, checkpoint = KEYS[1], KEYS[2], KEYS[3]

if ARGV[1] == 'read' then return remembered(dialogue, checkpoint) end

local stale = passed(meta, ARGV[3], ARGV[4])
if stale then return stale end
remember({meta = meta, feeds = KEYS[4], conversation = ARGV[2], dialogue = dialogue, checkpoint = checkpoint}, 5)
return {'ok'}
