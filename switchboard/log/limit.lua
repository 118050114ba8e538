-- Counts one more under each of several limits, or under none if one of them is reached.
-- KEYS  one for each limit
-- ARGV  step, period of each limit, in µs
--
-- Returns {} or {number of the limit that takes longest, for how long, in µs}.

local now, dues, longest, which = microseconds(), {}, 0, nil
for i, key in ipairs(KEYS) do
  local due, early = one_more(redis.call('GET', key), now, tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i]))
  dues[i] = due
  if early > longest then longest, which = early, i end
end
if which then return {which, longest} end
for i, key in ipairs(KEYS) do
  redis.call('SET', key, written(dues[i]), 'PX', math.ceil((dues[i] - now) / 1000))
end
return {}
