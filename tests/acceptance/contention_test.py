"""Sixty-four clients on sixty-four deals of one seller and one pipeline, while new versions of the pipeline are posted."""
import pathlib
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import Server  # noqa: E402

CLIENTS = 64
STAGES = ["one", "two", "three"]
MOVES = 6


class Contention(unittest.TestCase):
    def setUp(self):
        self.server = Server().start()
        self.addCleanup(self.server.__exit__)
        self.root = self.server.client()
        self.seller = self.root.must_post("/v1/sellers", {"name": "Ada", "roles": ["CLOSER"]})["id"]
        self.define(0)
        self.deals = [self.root.must_post("/v1/deals", {"title": "One of many", "ownerId": self.seller, "pipeline": "busy"})["id"]
                      for _ in range(CLIENTS)]

    def define(self, version):
        stages = [{"key": key, "probability": (version % 90 + 1) / 100} for key in STAGES]
        self.root.must_post("/v1/pipelines", {"key": "busy", "stages": stages, "lossReasons": ["price"]})

    def move_all(self):
        refused = []

        def move(deal):
            client = self.server.client()
            for n in range(1, MOVES + 1):
                answer = client.post(f"/v1/deals/{deal}/stage", {"stage": STAGES[n % len(STAGES)]})
                if answer.status != 200:
                    refused.append(repr(answer))
            client.close()

        movers = [threading.Thread(target=move, args=(deal,)) for deal in self.deals]
        for mover in movers:
            mover.start()
        for mover in movers:
            mover.join()
        return refused

    def test_no_conflict_surfaces(self):
        self.assertEqual(self.move_all(), [])

    def test_decisions_record_the_pipeline_version_that_was_valid_at_their_position(self):
        done, posted = threading.Event(), []

        def post():
            while not done.is_set():
                posted.append(1)
                self.define(len(posted))
                time.sleep(0.01)

        poster = threading.Thread(target=post)
        poster.start()
        refused, rounds = [], 0
        while not refused and (len(posted) < 30 or rounds == 0) and rounds < 50:
            refused = self.move_all()
            rounds += 1
        done.set()
        poster.join()
        self.assertEqual(refused, [])
        self.assertGreaterEqual(len(posted), 30)
        self.check_versions(self.server.client(), rounds)

    def check_versions(self, client, rounds):
        after, version, moves = 0, 0, 0
        while True:
            page = client.must_get("/v1/events", after=after, limit=1000)
            for event in page["events"]:
                if event["stream"] == "pipeline-busy":
                    version = int(event["revision"])
                elif event["type"] == "dealog.deal.v1.DealStageChanged":
                    moves += 1
                    self.assertEqual(int(event["data"]["pipelineVersion"]), version, event["position"])
            after = int(page.get("nextAfter", "0"))
            if after == 0:
                break
        self.assertEqual(moves, CLIENTS * MOVES * rounds)


if __name__ == "__main__":
    unittest.main(verbosity=2)
