
-- Shared by the scripts that ask who takes part. `p:<id>` is '<role> <name>'; see keys.py.

local function role_of(meta, person)
  local text = redis.call('HGET', meta, 'p:' .. person)
  return text and string.match(text, '^%S+')
end

-- Everybody, id → role; and how many.
local function everybody(meta)
  local people, number, fields = {}, 0, redis.call('HGETALL', meta)
  for i = 1, #fields, 2 do
    local person = string.match(fields[i], '^p:(.*)$')
    if person then
      people[person] = string.match(fields[i + 1], '^%S+')
      number = number + 1
    end
  end
  return people, number
end

-- Keeps how many customers and operators take part, so that publish.lua need not count.
local function count_humans(meta)
  local humans = 0
  for _, role in pairs((everybody(meta))) do
    if role == 'customer' or role == 'operator' then humans = humans + 1 end
  end
  redis.call('HSET', meta, 'humans', humans)
end

