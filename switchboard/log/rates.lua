-- Shared by the scripts that limit how often something may happen: the generic cell rate algorithm, in whole µs.

-- Redis's own time, which is the same for every server
local function microseconds()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

-- `known`: when everything until now will have been paid off, or false. Returns the same with one more, and for how
-- long that one is too early (0 or less: it is not).
local function one_more(known, now, step, period)
  local due = math.max(now, tonumber(known or '0')) + step
  return due, due - period - now
end

-- Lua would write it with 14 digits
local function written(number) return string.format('%.0f', number) end
