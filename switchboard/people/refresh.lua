-- Takes a refresh token in exchange for the next one. Each is good once; the last but one is still taken for a while,
-- since its answer may have been lost, or another tab was faster. One that is older than that is in two hands: the
-- sign-in is over, for both.
-- KEYS  sign-in
-- ARGV  number of the token, now in ms, grace in ms, seconds to keep this
--
-- Returns {'ok', number of the next token} or {'over'}.

local sign_in, given, now = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local known = redis.call('HMGET', sign_in, 'number', 'at', 'over')
if known[3] then return {'over'} end
local current = tonumber(known[1] or '0')
if given >= current then -- or Redis has lost the latest
  redis.call('HSET', sign_in, 'number', given + 1, 'at', now)
  redis.call('EXPIRE', sign_in, ARGV[4])
  return {'ok', given + 1}
end
if given == current - 1 and now - tonumber(known[2]) <= tonumber(ARGV[3]) then return {'ok', current} end
redis.call('HSET', sign_in, 'over', 1)
redis.call('EXPIRE', sign_in, ARGV[4])
return {'over'}
