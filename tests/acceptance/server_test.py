"""The server as a process: streams, health, metrics, rate limits, graceful stop, kill -9 under load."""
import http.client
import json
import pathlib
import signal
import sys
import tempfile
import threading
import time
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import Server, run, wait_until  # noqa: E402


class Frames:
    """Reads server-sent events from a connection of its own."""

    def __init__(self, server, path="/v1/events", key=None, last_event_id=None):
        self.connection = http.client.HTTPConnection(server.host, server.port, timeout=30)
        headers = {"Authorization": f"Bearer {key or server.admin_key}", "Accept": "text/event-stream"}
        if last_event_id:
            headers["Last-Event-ID"] = last_event_id
        self.connection.request("GET", path, headers=headers)
        self.response = self.connection.getresponse()

    def __iter__(self):
        frame = {}
        while True:
            line = self.response.readline()
            if not line:
                return
            line = line.decode().rstrip("\n").rstrip("\r")
            if not line:
                if frame:
                    yield frame
                frame = {}
            elif not line.startswith(":"):
                name, _, value = line.partition(":")
                frame[name] = frame.get(name, "") + value.lstrip(" ")

    def close(self):
        self.connection.close()


def positions_of(frame):
    return [int(event["position"]) for event in json.loads(frame["data"])["events"]]


class Streams(unittest.TestCase):
    def test_events_from_the_beginning_into_the_present_without_a_gap(self):
        with Server() as server:
            client = server.client()
            for n in range(30):
                client.must_post("/v1/companies", {"name": f"Before {n}"})
            head = int(client.must_get("/v1/head")["position"])
            frames, seen = Frames(server, "/v1/events?after=0"), []
            self.assertEqual(frames.response.status, 200)
            writer = threading.Thread(target=lambda: [client.must_post("/v1/companies", {"name": f"Live {n}"}) for n in range(30)])
            writer.start()
            last_id = None
            for frame in frames:
                if frame["event"] == "append":
                    seen += positions_of(frame)
                    last_id = frame["id"]
                if seen and seen[-1] >= head + 30:
                    break
            writer.join()
            frames.close()
            self.assertEqual(seen, list(range(1, head + 31)))
            self.assertEqual(last_id, f"1:{head + 30}")
            middle = Frames(server, last_event_id=f"1:{head + 10}")
            first = next(frame for frame in middle if frame["event"] == "append")
            self.assertEqual(positions_of(first)[0], head + 11)
            middle.close()

    def test_one_frame_an_append_and_filters_prove_what_was_withheld(self):
        with Server() as server:
            client = server.client()
            seller = client.must_post("/v1/sellers", {"name": "Ada", "roles": ["CLOSER"]})["id"]
            deal = client.must_post("/v1/deals", {"title": "Two events at once", "ownerId": seller})
            frames = Frames(server, f"/v1/events?after={int(deal['position']) - 2}&category=deal")
            frame = next(frame for frame in frames if frame["event"] == "append")
            self.assertEqual([e["type"] for e in json.loads(frame["data"])["events"]],
                             ["dealog.deal.v1.DealOpened", "dealog.task.v1.TaskPlanned"])
            company = client.must_post("/v1/companies", {"name": "Not of this category"})
            checkpoint = next(frame for frame in frames if frame["event"] == "checkpoint")
            self.assertGreaterEqual(int(json.loads(checkpoint["data"])["position"]), int(company["position"]))
            frames.close()

    def test_a_revoked_key_ends_its_stream(self):
        with Server() as server:
            client = server.client()
            key = client.must_post("/v1/apiKeys", {"service": "watcher", "roles": ["INTEGRATION"], "scopes": ["events"]})
            frames = Frames(server, "/v1/events?after=0", key=key["secret"])
            next(iter(frames))
            client.must_post(f"/v1/apiKeys/{key['id']}/revoke", {})
            client.must_post("/v1/companies", {"name": "Secret from now on"})
            rest = [frame for frame in frames]
            self.assertNotIn("Secret from now on", json.dumps(rest))
            frames.close()


class Process(unittest.TestCase):
    def test_health_and_metrics(self):
        with Server() as server:
            anybody = server.client(None)
            self.assertEqual(anybody.get("/livez").status, 200)
            wait_until(lambda: anybody.get("/readyz").status == 200, what="readiness")
            server.client().must_post("/v1/companies", {"name": "Counted"})
            metrics = anybody.get("/metrics")
            self.assertTrue(metrics.headers["content-type"].startswith("text/plain"))
            names = {line.split("{")[0].split(" ")[0] for line in metrics.body.decode().splitlines() if not line.startswith("#")}
            for part in ("head", "lag", "append", "http"):
                self.assertTrue(any(part in name for name in names), (part, sorted(names)))
            self.assertTrue(all(name.startswith("dealog_") for name in names), names)
            problems = anybody.must_get("/problems")
            self.assertIn("deal_without_task", json.dumps(problems))
            self.assertIn("dealog.deal.v1.DealOpened", anybody.get("/events").body.decode())

    def test_rate_limits_are_of_each_key(self):
        with Server(arguments=["--rate-per-second", "5", "--rate-burst", "5"]) as server:
            client = server.client()
            answers = [client.get("/v1/me") for _ in range(12)]
            refused = [a for a in answers if a.status == 429]
            self.assertTrue(refused)
            self.assertEqual(refused[0].code, "rate_limited")
            self.assertGreaterEqual(int(refused[0].headers["retry-after"]), 1)
            wait_until(lambda: client.get("/v1/me").status == 200, what="the next token")

    def test_a_polite_stop_finishes_what_it_began(self):
        with Server() as server:
            acknowledged, go_on = [], True

            def write():
                client = server.client()
                while go_on:
                    try:
                        answer = client.post("/v1/companies", {"name": "In flight"})
                    except OSError:
                        return
                    if answer.status == 201:
                        acknowledged.append(int(answer.json["position"]))
                    elif answer.status == 503:
                        return

            writers = [threading.Thread(target=write) for _ in range(8)]
            for writer in writers:
                writer.start()
            wait_until(lambda: len(acknowledged) > 200, what="some load")
            frames = Frames(server, "/v1/events?after=0")
            begin = time.monotonic()
            self.assertEqual(server.stop(), 0)
            self.assertLess(time.monotonic() - begin, 10)
            go_on = False
            for writer in writers:
                writer.join()
            frames.close()
            server.start()
            head = int(server.client().must_get("/v1/head")["position"])
            self.assertGreaterEqual(head, max(acknowledged))
            self.assertEqual(len(set(acknowledged)), len(acknowledged))

    def test_R20_kill_9_under_load_loses_nothing_and_leaves_no_half_step(self):
        with Server() as server:
            root = server.client()
            seller = root.must_post("/v1/sellers", {"name": "Ada", "roles": ["CLOSER"]})["id"]
            acknowledged, unknown = {}, {}
            for _ in range(5):
                self.load_and_kill(server, seller, acknowledged, unknown)
                server.start()
                client = server.client()
                for key, (path, body, answer) in acknowledged.items():
                    again = client.post(path, body, key)
                    self.assertEqual(again.json, answer, "an acknowledged command answers otherwise after the kill")
                for key, (path, body) in list(unknown.items()):
                    answer = client.post(path, body, key)
                    self.assertIn(answer.status, (200, 201, 409), answer)
                    if answer.status in (200, 201):
                        acknowledged[key] = (path, body, answer.json)
                unknown.clear()
            self.check_tasks(server)
            self.assertEqual(server.stop(), 0)
            self.assertEqual(run("verify", "--data", server.data).returncode, 0)

    def load_and_kill(self, server, seller, acknowledged, unknown):
        lock = threading.Lock()

        def sell():
            client = server.client()
            while True:
                path, body = "/v1/deals", {"title": "Order by phone", "ownerId": seller}
                for _ in range(3):
                    key = str(uuid.uuid4())
                    with lock:
                        unknown[key] = (path, body)
                    try:
                        answer = client.post(path, body, key)
                    except (OSError, http.client.HTTPException):
                        return
                    with lock:
                        del unknown[key]
                        acknowledged[key] = (path, body, answer.json)
                    if path == "/v1/deals":
                        deal = answer.json["id"]
                        try:
                            card = client.must_get(f"/v1/deals/{deal}", minPosition=answer.json["position"])
                        except (OSError, http.client.HTTPException):
                            return
                        path = f"/v1/deals/{deal}/tasks/{card['openTasks'][0]['id']}/complete"
                        body = {"action": {"outcome": "REACHED", "text": "Agreed"}}
                    else:
                        break

        sellers = [threading.Thread(target=sell) for _ in range(8)]
        before = len(acknowledged)
        for thread in sellers:
            thread.start()
        wait_until(lambda: len(acknowledged) > before + 150, what="some load")
        server.kill()
        for thread in sellers:
            thread.join()

    def check_tasks(self, server):
        """Every completed task of an open deal has an open one beside it."""
        client = server.client()
        head = client.must_get("/v1/head")["position"]
        page = client.must_get("/v1/deals", pageSize=1000, status="OPEN", minPosition=head)
        self.assertGreater(len(page["deals"]), 50)
        for deal in page["deals"]:
            card = client.must_get(f"/v1/deals/{deal['id']}")
            self.assertEqual(len(card["openTasks"]), 1, card)


if __name__ == "__main__":
    unittest.main(verbosity=2)
