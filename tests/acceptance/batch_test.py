"""Batches: one atomic append, each command on top of the earlier ones; and what a batch refuses."""
import pathlib
import sys
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import Server, tomorrow  # noqa: E402


class Batch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        cls.root = cls.server.client()
        cls.seller = cls.root.must_post("/v1/sellers", {"name": "Ada", "roles": ["CLOSER"]})["id"]

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def batch(self, *commands):
        return self.root.post("/v1/batch", {"commands": [{"path": path, "body": body} for path, body in commands]})

    def head(self):
        return int(self.root.must_get("/v1/head")["position"])

    def test_R42_later_commands_stand_on_earlier_ones(self):
        tag = uuid.uuid4().hex
        answer = self.batch(("/v1/companies", {"name": "Acme", "externalId": f"c-{tag}"}),
                            ("/v1/deals", {"title": "First order", "ownerId": self.seller, "companyId": f"ext:c-{tag}", "externalId": f"d-{tag}"}),
                            (f"/v1/deals/ext:d-{tag}/stage", {"stage": "offer"}),
                            (f"/v1/deals/ext:d-{tag}/win", {"value": {"currencyCode": "RUB", "units": "5"}}))
        self.assertEqual(answer.status, 201, answer)
        results = answer.json["results"]
        self.assertEqual(len(results), 4)
        self.assertEqual({result["position"] for result in results}, {answer.json["position"]})
        positions = [int(event["position"]) for result in results for event in result["events"]]
        self.assertEqual(positions, list(range(positions[0], positions[0] + len(positions))))
        card = self.root.must_get(f"/v1/deals/ext:d-{tag}", minPosition=answer.json["position"])
        self.assertEqual((card["state"], card["stage"], card["openTasks"]), ("WON", "offer", []))

    def test_R42_one_refusal_and_nothing_is_written(self):
        before = self.head()
        answer = self.batch(("/v1/companies", {"name": "Never"}),
                            ("/v1/deals", {"title": "No stage", "ownerId": self.seller, "stage": "nowhere"}))
        self.assertEqual((answer.status, answer.code), (422, "unknown_stage"), answer)
        self.assertTrue(any(v["field"].startswith("commands[1].body.stage") for v in answer.json["violations"]), answer)
        self.assertEqual(self.head(), before)

    def test_R21_no_batch_leaves_an_open_deal_without_a_task(self):
        first = {"id": str(uuid.uuid4()), "type": "CALL", "title": "Agree on the date", "dueAt": tomorrow()}
        deal = str(uuid.uuid4())
        answer = self.batch(("/v1/deals", {"id": deal, "title": "With one task", "ownerId": self.seller, "firstTask": first}),
                            (f"/v1/deals/{deal}/tasks/{first['id']}/cancel", {"reason": "No need"}))
        self.assertEqual((answer.status, answer.code), (409, "deal_without_task"), answer)

    def test_what_does_not_go_into_a_batch(self):
        before = self.head()
        for path, body in (("/v1/apiKeys", {"sellerId": self.seller}), ("/v1/batch", {"commands": []})):
            self.assertEqual(self.batch((path, body)).code, "not_in_batch")
        self.assertIn(self.batch(("/v1/nothing", {})).status, (404, 422))
        self.assertEqual(self.root.post("/v1/batch", {"commands": []}).status, 400)
        many = [("/v1/companies", {"name": "x"})] * 1001
        self.assertEqual(self.batch(*many).status, 400)
        self.assertEqual(self.head(), before)

    def test_the_same_item_key_twice_is_refused(self):
        item = {"path": "/v1/companies", "body": {"name": "Twice"}, "idempotencyKey": "one"}
        self.assertEqual(self.root.post("/v1/batch", {"commands": [item, item]}).code, "idempotency_key_reused")

    def test_a_dry_run_decides_and_writes_nothing(self):
        before = self.head()
        commands = [{"path": "/v1/deals", "body": {"title": "Only a thought", "ownerId": self.seller}}]
        self.assertEqual(self.root.post("/v1/batch", {"commands": commands, "dryRun": True}).status, 200)
        commands[0]["body"]["stage"] = "nowhere"
        self.assertEqual(self.root.post("/v1/batch", {"commands": commands, "dryRun": True}).code, "unknown_stage")
        self.assertEqual(self.head(), before)

    def test_a_batch_is_repeated_as_it_was(self):
        key, body = str(uuid.uuid4()), {"commands": [{"path": "/v1/companies", "body": {"name": "Once"}}]}
        first, again = self.root.post("/v1/batch", body, key), self.root.post("/v1/batch", body, key)
        self.assertEqual((first.status, first.json), (again.status, again.json))


if __name__ == "__main__":
    unittest.main(verbosity=2)
