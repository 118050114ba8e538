
-- Shared by publish.lua, lease.lua and dialogue.lua: what a dialogue engine remembers, and how that grows.

-- {cut, state, event …} with the events from the checkpoint on; without one the cut is 0 and the state ''.
local function remembered(dialogue, checkpoint)
  local known = redis.call('HMGET', checkpoint, 'cut', 'state')
  local cut = tonumber(known[1] or '0')
  local result = {cut, known[2] or ''}
  for _, event in ipairs(redis.call('LRANGE', dialogue, cut, -1)) do table.insert(result, event) end
  return result
end

-- Adds to a dialogue what begins at ARGV[first]: how many events, the seconds to keep it or '', the checkpoint's cut or
-- '', its state, event …; and tells the feeds. `to` has the keys meta, feeds, dialogue and checkpoint, and the conversation.
local function remember(to, first)
  local events, seconds, cut, state = tonumber(ARGV[first]), ARGV[first + 1], ARGV[first + 2], ARGV[first + 3]
  if events == 0 then return end
  local new = redis.call('EXISTS', to.dialogue) == 0 -- or forgotten meanwhile: what came before is no part of it
  if new then
    begin_dialogue(to.feeds, to.meta)
    redis.call('DEL', to.checkpoint)
  end
  for i = first + 4, first + 3 + events do redis.call('RPUSH', to.dialogue, ARGV[i]) end
  if cut ~= '' and not new then redis.call('HSET', to.checkpoint, 'cut', cut, 'state', state) end
  if seconds ~= '' then
    redis.call('EXPIRE', to.dialogue, seconds)
    redis.call('EXPIRE', to.checkpoint, seconds)
  end
  announce(to.feeds, to.conversation)
end

