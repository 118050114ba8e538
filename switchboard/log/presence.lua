-- Who has the conversations open, on any edge.
-- KEYS  meta, present of each conversation, all of one partition     (see keys.py)
-- ARGV  now in ms, edge, until in ms; for each conversation: live channel, how many participants, participant …
--
-- Each participant is there until then, unless this is called again; 'until' before now is a farewell. Who came and who
-- went is published. An edge that died says nothing: what it held is found out of date by the others.
-- Returns for each conversation {epoch, offset, participant …} with everybody who is there, or {} if there is none.

local now, edge, till = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])

local function who(member) return string.match(member, '^%S+ (.*)$') end

local function here(present)
  local people = {}
  for _, member in ipairs(redis.call('ZRANGE', present, 0, -1)) do people[who(member)] = true end
  return people
end

local function tell(live, people, others, is)
  for person in pairs(people) do
    if not others[person] then
      redis.call('PUBLISH', live, '{"type":"participant.present","timestamp":' .. ARGV[1] .. ',"participantId":' ..
        cjson.encode(person) .. ',"present":' .. is .. '}')
    end
  end
end

local function beat(meta, present, live, first, last)
  local place = redis.call('HMGET', meta, 'epoch', 'offset')
  if not place[1] then return {} end
  local before = here(present)
  redis.call('ZREMRANGEBYSCORE', present, '-inf', now)
  for i = first, last do redis.call('ZADD', present, till, edge .. ' ' .. ARGV[i]) end
  if first <= last then redis.call('PEXPIRE', present, math.max(till - now, 1) * 2) end
  local after = here(present)
  tell(live, before, after, 'false')
  tell(live, after, before, 'true')
  local result = {place[1], tonumber(place[2])}
  for person in pairs(after) do table.insert(result, person) end
  return result
end

local results, at = {}, 4
for i = 1, #KEYS, 2 do
  local last = at + 1 + tonumber(ARGV[at + 1])
  table.insert(results, beat(KEYS[i], KEYS[i + 1], ARGV[at], at + 2, last))
  at = last + 1
end
return results
