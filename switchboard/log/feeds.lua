-- Shared by the scripts that make a conversation grow: who follows every conversation of the installation, see feed.py.
-- `feeds` is the partition's set of their names. `<feeds>:<name>`, which has the same hash tag, lists what
-- has something new for one.

local function microseconds()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- The conversation has something new for every feed.
local function announce(feeds, conversation)
  local names = redis.call('SMEMBERS', feeds)
  if #names == 0 then return end
  local now = microseconds()
  for _, name in ipairs(names) do
    if redis.call('ZADD', feeds .. ':' .. name, 'NX', now, conversation) == 1 then
      redis.call('PUBLISH', 'sb:feed:' .. name, conversation)
    end
  end
end

-- The offset up to which every feed has taken the log.
local function taken_by_all(feeds, meta)
  local least = math.huge
  for _, name in ipairs(redis.call('SMEMBERS', feeds)) do
    least = math.min(least, tonumber(redis.call('HGET', meta, 'f:' .. name) or '0'))
  end
  return least
end

-- The dialogue begins anew, since it was forgotten; so does its numbering.
local function begin_dialogue(feeds, meta)
  for _, name in ipairs(redis.call('SMEMBERS', feeds)) do redis.call('HDEL', meta, 'd:' .. name) end
end

