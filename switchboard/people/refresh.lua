-- Takes a refresh token in exchange for the next one. Each is good once; the last but one is still taken for a while,
-- since its answer may have been lost, or another tab was faster. One that is older than that is in two hands: the
-- sign-in is over, for both.
-- KEYS  sign-in, era of the person
-- ARGV  number of the token, its era, now in ms, grace in ms, seconds to keep this
--
-- Returns {'ok', number of the next token, era}, {'over'}, or {'reused'} where this ends it.

local sign_in, given, era, now = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local known = redis.call('HMGET', sign_in, 'number', 'at', 'over')
local this_era = tonumber(redis.call('GET', KEYS[2]) or '0')
if known[3] or era < this_era then return {'over'} end
redis.call('EXPIRE', KEYS[2], ARGV[5]) -- it is kept for as long as there is a token that it may end
local current = tonumber(known[1] or '0')
if given >= current then -- or Redis has lost the latest
  redis.call('HSET', sign_in, 'number', given + 1, 'at', now)
  redis.call('EXPIRE', sign_in, ARGV[5])
  return {'ok', given + 1, era}
end
if given == current - 1 and now - tonumber(known[2]) <= tonumber(ARGV[4]) then return {'ok', current, era} end
redis.call('HSET', sign_in, 'over', 1)
redis.call('EXPIRE', sign_in, ARGV[5])
return {'reused'}
