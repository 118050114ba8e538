-- Shared by the scripts that write under a right.

-- {'stale', 'term'|'fence', current} if the given term or fence is not the conversation's any more; '' is not checked.
local function passed(meta, term, fence)
  for _, right in ipairs({{'term', term}, {'fence', fence}}) do
    local name, given = right[1], right[2]
    local current = redis.call('HGET', meta, name)
    if given ~= '' and given ~= current then return {'stale', name, current} end
  end
end

