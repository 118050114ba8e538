-- Shared by publish.lua and lease.lua, which are loaded with this text in front: how an entry gets onto a log.

-- Appends one entry and tells the readers. `json` is an object without epoch and offset. Returns the offset.
local function append(conversation_keys, live, epoch, key, fingerprint, json)
  local offset = redis.call('HINCRBY', conversation_keys.meta, 'offset', 1)
  local entry = '{"epoch":"' .. epoch .. '","offset":' .. offset .. ',' .. string.sub(json, 2)
  redis.call('XADD', conversation_keys.log, offset .. '-0', 'e', entry, 'k', key)
  if key ~= '' then redis.call('HSET', conversation_keys.keys, key, offset .. ' ' .. fingerprint) end
  redis.call('PUBLISH', live, entry)
  return offset
end

