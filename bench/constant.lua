-- The same server answering a constant.
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('\nJSON {"perSecond": %.1f, "usP50": %.1f, "usP95": %.1f, "usP99": %.1f, "refused": %d, "broken": %d}\n',
    summary.requests / summary.duration * 1e6, latency:percentile(50), latency:percentile(95), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
