"""The machine's clock steps back an hour and forward a year under the running server (libfaketime)."""
import datetime
import glob
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import Server, wait_until  # noqa: E402

LIBRARY = next(iter(glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")), None)


def parse(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


@unittest.skipUnless(LIBRARY, "libfaketime is not installed")
class ClockSteps(unittest.TestCase):
    def test_order_is_by_position_and_recorded_at_never_goes_back(self):
        with tempfile.TemporaryDirectory() as folder:
            offset = pathlib.Path(folder) / "offset"
            offset.write_text("+0")
            faked = {"LD_PRELOAD": LIBRARY, "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_NO_CACHE": "1",
                     "DONT_FAKE_MONOTONIC": "1"}
            with Server(environment=faked) as server:
                self.steps(server, offset)

    def steps(self, server, offset):
        client = server.client()
        real = datetime.datetime.now(datetime.timezone.utc)
        for step in ("+0", "-3600", "+31536000", "+0"):
            offset.write_text(step)
            for _ in range(5):
                client.must_post("/v1/companies", {"name": "At an odd time"})
            if step in ("-3600", "+31536000"):
                wait_until(lambda: self.alarm(server), what=f"an alarm at {step}")
        events = client.must_get("/v1/events", limit=1000)["events"]
        positions = [int(event["position"]) for event in events]
        self.assertEqual(positions, list(range(1, len(positions) + 1)))
        recorded = [event["recordedAt"] for event in events]
        moments = [parse(text[:26] + "Z") if len(text) > 27 else parse(text) for text in recorded]
        self.assertEqual(moments, sorted(moments), "recorded_at went back")
        for moment in moments:
            self.assertLess(abs((moment - real).total_seconds()), 600, "a jump of the clock was believed")
        server.kill()
        offset.write_text("-3600")
        server.start()
        client = server.client()
        client.must_post("/v1/companies", {"name": "Started an hour back"})
        last = client.must_get("/v1/events", after=len(events), limit=10)["events"][0]
        self.assertGreaterEqual(last["recordedAt"], recorded[-1])

    def alarm(self, server):
        metrics = server.client().request("GET", "/metrics").body.decode()
        values = [float(line.rsplit(" ", 1)[1]) for line in metrics.splitlines()
                  if not line.startswith("#") and "clock" in line]
        self.assertTrue(values, "no metric of the clock")
        return any(value != 0 for value in values)


if __name__ == "__main__":
    unittest.main(verbosity=2)
