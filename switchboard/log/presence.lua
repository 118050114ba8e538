-- Who has a conversation open, on any edge.
-- KEYS  meta, present                                     (see keys.py)
-- ARGV  live channel, now in ms, edge, until in ms, participant …
--
-- Each participant is there until then, unless this is called again; 'until' before now is a farewell. Who came and who
-- went is published. An edge that died says nothing: what it held is found out of date by the others.
-- Returns {epoch, offset, participant …} with everybody who is there, or {} if there is no such conversation.

local meta, present = KEYS[1], KEYS[2]
local live, now, edge, till = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]

local function who(member) return string.match(member, '^%S+ (.*)$') end

local function here()
  local people = {}
  for _, member in ipairs(redis.call('ZRANGE', present, 0, -1)) do people[who(member)] = true end
  return people
end

local place = redis.call('HMGET', meta, 'epoch', 'offset')
if not place[1] then return {} end

local before = here()
redis.call('ZREMRANGEBYSCORE', present, '-inf', now)
for i = 5, #ARGV do redis.call('ZADD', present, till, edge .. ' ' .. ARGV[i]) end
if #ARGV > 4 then redis.call('PEXPIRE', present, math.max(tonumber(till) - now, 1) * 2) end
local after = here()

local function tell(people, others, is)
  for person in pairs(people) do
    if not others[person] then
      redis.call('PUBLISH', live, '{"type":"participant.present","timestamp":' .. ARGV[2] .. ',"participantId":' ..
        cjson.encode(person) .. ',"present":' .. is .. '}')
    end
  end
end
tell(before, after, 'false')
tell(after, before, 'true')

local result = {place[1], tonumber(place[2])}
for person in pairs(after) do table.insert(result, person) end
return result
