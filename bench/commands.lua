-- Actions on deals, each with an Idempotency-Key of its own. DEALS: file of ids; RUN: unique prefix of the keys.
local deals = {}
for line in io.lines(os.getenv("DEALS")) do deals[#deals + 1] = line end
local run, key, number = os.getenv("RUN"), os.getenv("KEY"), 0
math.randomseed(os.time())

local text = "Talked about the annual supply: the customer wants delivery in two parts, asked for a lower price " ..
  "when the term is two years, and for references from the same trade. The offer goes out on Thursday, we " ..
  "speak again next week before the budget round."
local body = '{"type": "CALL", "direction": "OUTBOUND", "outcome": "REACHED", "startedAt": "2024-05-06T10:00:00Z", ' ..
  '"endedAt": "2024-05-06T10:03:07Z", "talkTime": "187s", "text": "' .. text .. '"}'
local headers = { ["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. key }

request = function()
  number = number + 1
  headers["Idempotency-Key"] = run .. "-" .. number
  return wrk.format("POST", "/v1/deals/" .. deals[math.random(#deals)] .. "/actions", headers, body)
end

done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('\nJSON {"perSecond": %.1f, "usP50": %.1f, "usP95": %.1f, "usP99": %.1f, "refused": %d, "broken": %d, "bodyBytes": %d}\n',
    summary.requests / summary.duration * 1e6, latency:percentile(50), latency:percentile(95), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout, #body))
end
