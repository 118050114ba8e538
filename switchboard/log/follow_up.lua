
-- For publish.lua: whether the bot has just asked somebody something, so that what they say next is the answer.

local LOOK_BACK, NEARLY_ALWAYS = 100, 8 -- entries; a streamed answer has many
local FOLLOW_UP_MS = 180000 -- later, people have gone on to something else

-- Whether they say so, newest first; nil if nobody speaks in them.
local function judged(meta, log, entries, person, now)
  for _, item in ipairs(entries) do
    local json = item[2][2]
    local kind = string.match(json, '^[^,]+,[^,]+,"type":"message%.(%a+)"')
    if kind == 'sent' or kind == 'completed' then
      local said = cjson.decode(json)
      local asked = string.match(said.turnId or '', '^t(%d+)$')
      if said.author.role ~= 'bot' or not asked or said.timestamp < now - FOLLOW_UP_MS then return false end
      if not (string.find(said.text, '?', 1, true) or string.find(said.text, '？', 1, true) or #said.buttons > 0) then
        return false
      end
      local question = redis.call('XRANGE', log, asked .. '-0', asked .. '-0')[1]
      local author = question and (cjson.decode(question[2][2]).author or {}).id
      return author and (author == person or redis.call('HGET', meta, 'was:' .. author) == person)
    end
  end
end

-- The last who spoke is the bot, a short time ago, with a question mark or buttons, in answer to this person.
local function follows_up(meta, log, person, now)
  local last = redis.call('XREVRANGE', log, '+', '-', 'COUNT', NEARLY_ALWAYS)
  local answer = judged(meta, log, last, person, now)
  if answer == nil then
    answer = judged(meta, log, redis.call('XREVRANGE', log, '+', '-', 'COUNT', LOOK_BACK), person, now)
  end
  return answer == true
end

