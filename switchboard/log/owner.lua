
-- Shared by publish.lua and handoff.lua: a conversation gets another owner.

-- What a turn has begun and not ended: its messages, each with its author and text, and its tasks with effects; both in
-- the order of their beginning.
local function under_way(log, turn, since)
  local open, order, tasks = {}, {}, {}
  for _, item in ipairs(redis.call('XRANGE', log, since .. '-0', '+')) do
    local noun, kind = string.match(item[2][2], '^[^,]+,[^,]+,"type":"(%a+)%.(%a+)"')
    if noun == 'task' then
      local entry = cjson.decode(item[2][2])
      if kind == 'started' and entry.turnId == turn and entry.effects then table.insert(tasks, entry.taskId) end
      if kind == 'completed' or kind == 'failed' then open[entry.taskId] = true end
    elseif noun == 'message' then
      local entry = cjson.decode(item[2][2])
      if kind == 'started' and entry.turnId == turn then
        if not open[entry.messageId] then table.insert(order, entry.messageId) end
        open[entry.messageId] = {author = entry.author, text = ''}
      elseif kind == 'delta' and open[entry.messageId] then
        open[entry.messageId].text = open[entry.messageId].text .. entry.delta
      elseif kind == 'completed' then
        open[entry.messageId] = nil
      end
    end
  end
  local unended = {}
  for _, id in ipairs(tasks) do
    if not open[id] then table.insert(unended, id) end
  end
  return open, order, unended
end

-- Ends the turn under way, if there is one, with what it has said so far; nobody here will learn what its tasks have done.
-- Returns it.
local function cut(to, change, epoch)
  local oldest = redis.call('LINDEX', to.waiting, 0)
  local turn = oldest and 't' .. oldest
  if not turn or redis.call('HEXISTS', to.keys, turn) == 0 then return nil end
  local open, order, unended = under_way(to.log, turn, oldest)
  for _, id in ipairs(order) do
    if open[id] then
      append(to, change.live, epoch, '', '', '{"type":"message.completed","timestamp":' .. change.now
        .. ',"messageId":' .. cjson.encode(id) .. ',"author":' .. cjson.encode(open[id].author)
        .. ',"text":' .. cjson.encode(open[id].text) .. ',"turnId":"' .. turn .. '","buttons":[],"stopped":true}')
    end
  end
  for _, id in ipairs(unended) do
    append(to, change.live, epoch, id .. ':uncertain', '', '{"type":"task.failed","timestamp":' .. change.now
      .. ',"taskId":' .. cjson.encode(id) .. ',"reason":"uncertain"}')
  end
  append(to, change.live, epoch, turn .. ':end', '', '{"type":"turn.completed","timestamp":' .. change.now
    .. ',"turnId":"' .. turn .. '","stopped":true}')
  redis.call('PUBLISH', change.stop, to.conversation .. ' ' .. turn)
  return turn
end

-- The bot answers no more. What it was to answer waits for people; what it has not heard is noted: `<offset> <turn or ->
-- <offset> …`: everything behind the first one, what that turn has said, and the messages at the others.
local function dismiss(to, change, epoch)
  local unheard = {redis.call('HGET', to.meta, 'offset'), '-', unpack(redis.call('LRANGE', to.waiting, 0, -1))}
  unheard[2] = cut(to, change, epoch) or '-'
  redis.call('HSETNX', to.meta, 'unheard', table.concat(unheard, ' ')) -- or the bot was to hear of more when this began
  redis.call('DEL', to.waiting, to.turn, to.lease)
  redis.call('ZREM', to.inbox, to.conversation)
  redis.call('HINCRBY', to.meta, 'fence', 1)
end

-- Nobody has come: what waited for an answer when this began waits for the bot again, behind its return; but not what it
-- was answering.
local function take_up(to)
  local offset, turn, rest = string.match(redis.call('HGET', to.meta, 'unheard') or '', '^(%d+) (%S+)(.*)$')
  if not offset then return end
  local heard = offset .. ' ' .. turn
  for message in string.gmatch(rest, '%d+') do
    local entry = redis.call('XRANGE', to.log, message .. '-0', message .. '-0')[1]
    if 't' .. message ~= turn and entry and string.find(entry[2][2], '"type":"message.sent"', 1, true) then
      redis.call('RPUSH', to.waiting, message)
    else
      heard = heard .. ' ' .. message
    end
  end
  redis.call('HSET', to.meta, 'unheard', heard)
end

-- Who takes it takes part from now on, and may speak.
local function join(to, change, epoch)
  if not change.joins then return end
  local person, part = change.joins[1], change.joins[2]
  local before = redis.call('HGET', to.meta, 'p:' .. person)
  redis.call('HDEL', to.meta, 'm:' .. person)
  if before == part then return end
  redis.call('HSET', to.meta, 'p:' .. person, part)
  if not before then redis.call('HSET', to.meta, 'c:' .. person, '1', 'j:' .. person, redis.call('HGET', to.meta, 'offset')) end
  redis.call('HDEL', to.meta, 'l:' .. person)
  count_humans(to.meta)
  append(to, change.live, epoch, '', '', change.joined)
end

-- Who had it takes part no longer, unless they did before they took it: the bot answers a customer who is alone with it.
local function part(to, change, epoch)
  local person = change.leaves
  local part = person and redis.call('HGET', to.meta, 'p:' .. person)
  if not part or redis.call('HDEL', to.meta, 'c:' .. person) == 0 then return end
  redis.call('HSET', to.meta, 'l:' .. person, part)
  redis.call('HDEL', to.meta, 'p:' .. person, 'j:' .. person)
  count_humans(to.meta)
  append(to, change.live, epoch, '', '', change.left)
end

-- `to` has the keys of the conversation by name, `desk`, and the conversation; `change` is what `ownership.py` encodes.
-- Returns the new term, and the offset of the last entry.
local function change_owner(to, change)
  local epoch = redis.call('HGET', to.meta, 'epoch')
  if string.sub(redis.call('HGET', to.meta, 'owner'), 1, 4) == 'bot:' then dismiss(to, change, epoch) end
  join(to, change, epoch)
  part(to, change, epoch)
  local term, offset = redis.call('HINCRBY', to.meta, 'term', 1), nil
  redis.call('HSET', to.meta, 'owner', change.owner)
  for _, entry in ipairs(change.entries) do offset = append(to, change.live, epoch, '', '', entry) end
  if change.record ~= '' then
    redis.call('HSET', to.desk, to.conversation, change.record)
    redis.call('HSET', to.meta, 'handoff', change.handoff)
  else
    redis.call('HDEL', to.desk, to.conversation)
    redis.call('HDEL', to.meta, 'handoff')
  end
  redis.call('PUBLISH', change.told, to.conversation)
  if string.sub(change.owner, 1, 4) == 'bot:' then -- the last entry says so: the bot answers it
    redis.call('RPUSH', to.waiting, offset)
    if change.untouched then take_up(to) end
    redis.call('ZADD', to.inbox, 'NX', change.now, to.conversation)
    redis.call('PUBLISH', change.wake, to.conversation)
  end
  return term, offset
end

