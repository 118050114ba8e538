-- Shared by publish.lua, lease.lua and stop.lua: how an entry gets onto a log.

-- Appends one entry and tells the readers and the feeds. `to` has the keys meta, log, keys and feeds, and the conversation;
-- `json` is an object without epoch and offset. Returns the offset.
local function append(to, live, epoch, key, fingerprint, json)
  local offset = redis.call('HINCRBY', to.meta, 'offset', 1)
  local entry = '{"epoch":"' .. epoch .. '","offset":' .. offset .. ',' .. string.sub(json, 2)
  redis.call('XADD', to.log, offset .. '-0', 'e', entry, 'k', key)
  if key ~= '' then redis.call('HSET', to.keys, key, offset .. ' ' .. fingerprint) end
  redis.call('PUBLISH', live, entry)
  announce(to.feeds, to.conversation)
  return offset
end

