"""Bad input over HTTP: each a 4xx with its code, and nothing written."""
import pathlib
import socket
import sys
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from department import Department  # noqa: E402
from harness import Server, in_future, tomorrow  # noqa: E402


class BadInput(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        cls.house = Department(cls.server)
        cls.root = cls.house.root
        cls.seller = cls.house.mate

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def refuse(self, path, body, status, code, field=None, headers=None):
        before = self.root.must_get("/v1/head")["position"]
        answer = self.root.post(path, body, headers=headers)
        self.assertEqual((answer.status, answer.code), (status, code), f"{path} {body}: {answer}")
        if field:
            self.assertIn(field, [v["field"] for v in answer.json["violations"]], answer)
        self.assertEqual(self.root.must_get("/v1/head")["position"], before, "a refusal wrote something")

    def deal(self):
        made = self.house.deal(self.seller)
        return f"/v1/deals/{made['deal']}", f"/v1/deals/{made['deal']}/tasks/{made['task']}", made

    def test_fields_of_wrong_shape(self):
        deal = {"title": "A deal like any", "ownerId": self.seller}
        for field, value, code in (
                ("title", 7, "malformed_body"), ("value", {"currencyCode": "RUB", "units": 1.5}, "malformed_body"),
                ("value", {"currencyCode": "RUB", "units": "99999999999999999999"}, "malformed_body"),
                ("occurredAt", "yesterday", "malformed_body"), ("occurredAt", "2017-13-01T00:00:00Z", "malformed_body"),
                ("fields", {"a": "b"}, "malformed_body"), ("firstTask", [], "malformed_body"),
                ("title", "", "invalid_field"), ("title", "a\u0000b", "invalid_field"), ("title", "a\nb", "invalid_field"),
                ("stage", "UPPER CASE", "invalid_field"), ("value", {"currencyCode": "rubles", "units": "1"}, "invalid_field"),
                ("id", "not-a-uuid", "invalid_field"), ("externalId", "käse", "invalid_field"),
                ("externalId", "x" * 129, "invalid_field"), ("title", "x" * 201, "invalid_field")):
            with self.subTest(field=field, value=value):
                self.refuse("/v1/deals", {**deal, field: value}, 400, code)

    def test_enums_and_dates(self):
        path, task, _ = self.deal()
        for outcome in ("PHONED", "reached", 2, None):
            self.refuse(f"{task}/complete", {"action": {"outcome": outcome, "text": "x"}}, 400, "malformed_body")
        self.refuse(f"{path}/tasks", {"type": "CALL", "title": "Call about the price", "dueAt": "2020-01-01T00:00:00Z"}, 422,
                    "due_in_past", "dueAt")
        self.refuse(f"{task}/reschedule", {"dueAt": "2020-01-01T00:00:00Z"}, 422, "due_in_past", "dueAt")
        self.refuse(f"{path}/tasks", {"type": "FAX", "title": "Fax the price list", "dueAt": tomorrow()}, 422, "unknown_task_type")
        self.refuse(f"{path}/tasks", {"type": "CALL", "title": "call", "dueAt": tomorrow()}, 422, "title_not_descriptive")
        self.refuse(f"{path}/stage", {"stage": "offer", "occurredAt": in_future(hours=2)}, 422, "occurred_in_future")
        self.refuse(f"{path}/win", {"occurredAt": "2001-01-01T00:00:00Z"}, 422, "occurred_out_of_order")

    def test_unknown_and_foreign_references(self):
        deal = {"title": "A deal like any"}
        nobody = str(uuid.uuid4())
        self.refuse("/v1/deals", {**deal, "ownerId": nobody}, 422, "unknown_reference", "ownerId")
        self.refuse("/v1/deals", {**deal, "ownerId": "ext:nobody"}, 422, "unknown_reference", "ownerId")
        self.refuse("/v1/deals", {**deal, "ownerId": self.seller, "companyId": nobody}, 422, "unknown_reference", "companyId")
        self.refuse("/v1/deals", {**deal, "ownerId": self.seller, "contactId": nobody}, 422, "unknown_reference", "contactId")
        self.refuse("/v1/deals", {**deal, "ownerId": self.seller, "pipeline": "nowhere"}, 422, "unknown_pipeline")
        self.refuse("/v1/deals", {**deal, "ownerId": self.seller, "stage": "nowhere"}, 422, "unknown_stage")
        self.refuse("/v1/sellers", {"name": "X", "roles": ["CLOSER"], "teamId": nobody}, 422, "unknown_reference")
        path, task, made = self.deal()
        self.refuse(f"{path}/tasks/{nobody}/complete", {"action": {"outcome": "REACHED", "text": "x"}}, 404, "not_found")
        self.refuse(f"{path}/actions/{nobody}/correct", {"reason": "wrong"}, 404, "not_found")
        self.refuse(f"/v1/deals/{nobody}/win", {}, 404, "not_found")
        self.refuse("/v1/deals", {**deal, "ownerId": self.seller, "id": made["deal"]}, 409, "already_exists")

    def test_R22_each_branch_names_the_part_that_is_missing(self):
        path, task, _ = self.deal()
        done = f"{task}/complete"
        text = {"text": "They said so"}
        self.refuse(done, {"action": {"outcome": "REFUSED", **text}}, 422, "next_step_required", "lose")
        self.refuse(done, {"action": {"outcome": "WON", **text}}, 422, "next_step_required", "win")
        self.refuse(done, {"action": {"outcome": "REFUSED", **text}, "next": self.house.task()}, 422, "outcome_contradicts_step")
        self.refuse(done, {"action": {"outcome": "WON", **text}, "lose": {"reason": "price"}}, 422, "outcome_contradicts_step")
        self.refuse(done, {"action": {"outcome": "REACHED", **text}, "win": {}}, 422, "outcome_contradicts_step")
        self.refuse(done, {"action": {"outcome": "WON", **text}, "win": {}, "lose": {"reason": "price"}}, 422, "step_already_taken")
        self.refuse(done, {"action": {"outcome": "REACHED"}}, 422, "result_missing")
        self.refuse(done, {"action": text}, 422, "unknown_outcome")
        self.refuse(done, {}, 400, "invalid_field", "action")
        self.refuse(done, {"action": {"outcome": "REFUSED", **text}, "lose": {}}, 422, "loss_reason_required")
        self.refuse(done, {"action": {"outcome": "REFUSED", **text}, "lose": {"reason": "other"}}, 422, "loss_reason_required")

    def test_R43_a_loss_needs_a_listed_reason(self):
        path, _, _ = self.deal()
        self.refuse(f"{path}/lose", {}, 422, "loss_reason_required")
        self.refuse(f"{path}/lose", {"reason": "bad-mood"}, 422, "loss_reason_required")
        self.refuse(f"{path}/lose", {"reason": "other"}, 422, "loss_reason_required")

    def test_R41_R42_criteria_list_each_missing_field(self):
        self.root.must_post("/v1/pipelines", {"key": "strict", "lossReasons": ["price"], "stages": [
            {"key": "open", "probability": 0.1}, {"key": "offer", "probability": 0.5, "requiredFields": ["value", "budget", "contact_id"]}]})
        made = self.house.deal(self.seller, pipeline="strict")
        path = f"/v1/deals/{made['deal']}"
        answer = self.root.post(f"{path}/stage", {"stage": "offer"})
        self.assertEqual((answer.status, answer.code), (422, "stage_criteria_not_met"))
        self.assertEqual(len(answer.json["violations"]), 3, answer)
        mate = self.server.client(self.root.must_post("/v1/apiKeys", {"sellerId": self.seller})["secret"])
        self.assertEqual(mate.post(f"{path}/stage", {"stage": "offer", "waiver": {"reason": "Trust me"}}).status, 403)
        waived = self.root.must_post(f"{path}/stage", {"stage": "offer", "waiver": {"reason": "A good client"}})
        self.assertEqual([e["type"].rsplit(".", 1)[1] for e in waived["events"]], ["StageCriteriaWaived", "DealStageChanged"])
        batch = self.root.post("/v1/batch", {"commands": [{"path": "/v1/deals", "body": {
            "title": "Straight into offer", "ownerId": self.seller, "pipeline": "strict", "stage": "offer"}}]})
        self.assertEqual(batch.code, "stage_criteria_not_met")

    def test_states_that_forbid(self):
        path, task, _ = self.deal()
        self.refuse(f"{task}/cancel", {"reason": "No need"}, 409, "deal_without_task")
        self.refuse(f"{path}/reopen", {"reason": "Too early"}, 409, "deal_open")
        self.root.must_post(f"{path}/win", {})
        self.refuse(f"{path}/win", {}, 409, "deal_closed")
        self.refuse(f"{path}/stage", {"stage": "offer"}, 409, "deal_closed")
        self.refuse(f"{task}/complete", {"action": {"outcome": "REACHED", "text": "x"}}, 409, "task_closed")

    def test_R21_every_way_to_strand_an_open_deal_is_shut(self):
        path, task, made = self.deal()
        self.refuse(f"{task}/cancel", {"reason": "No need"}, 409, "deal_without_task")
        self.root.must_post(f"{path}/owner", {"ownerId": self.house.stranger, "reason": "Moves"})
        self.root.must_post(f"{path}/win", {})
        self.root.must_post(f"{path}/reopen", {"reason": "Came back"})
        position = self.root.must_get("/v1/head")["position"]
        card = self.root.must_get(path, minPosition=position)
        self.assertEqual((card["state"], len(card["openTasks"])), ("OPEN", 1))
        self.assertEqual(card["openTasks"][0]["assigneeId"], self.house.stranger)
        for at in range(int(position) - 12, int(position) + 1):
            known = self.root.get(path, asOf=at)
            if known.status == 200 and known.json["state"] == "OPEN":
                self.assertGreaterEqual(len(known.json["openTasks"]), 1, f"without a task at {at}")

    def test_claims(self):
        self.root.must_post("/v1/contacts", {"personal": {"phones": ["+491700000001"], "emails": ["One@Example.com"]}})
        self.refuse("/v1/contacts", {"personal": {"phones": ["+491700000001"]}}, 409, "duplicate_contact")
        self.refuse("/v1/contacts", {"personal": {"emails": ["one@example.com"]}}, 409, "duplicate_contact")
        self.refuse("/v1/contacts", {"personal": {"phones": ["0170 1"]}}, 400, "invalid_field")
        self.refuse("/v1/contacts", {"personal": {"emails": ["nobody"]}}, 400, "invalid_field")

    def test_settings(self):
        self.refuse("/v1/settings/noSuchSetting", {"norms": {"min": 1, "max": 2}}, 404, "unknown_setting")
        self.refuse("/v1/settings/norms", {}, 422, "invalid_setting")
        self.refuse("/v1/settings/norms", {"caps": {"openDeals": 5}}, 422, "invalid_setting")
        self.refuse("/v1/settings/norms", {"norms": {"min": 50, "max": 40}}, 422, "invalid_setting")
        self.refuse("/v1/settings/locale", {"locale": {"timeZone": "Mars/Olympus", "currencyCode": "RUB"}}, 400, "invalid_field")

    def test_cursors_and_moments(self):
        for params, code in (({"asOf": "2999-01-01T00:00:00Z"}, "as_of_in_future"), ({"asOf": "99999999"}, "as_of_in_future"),
                             ({"asOf": "soon"}, "malformed_query"), ({"minPosition": "-1"}, "malformed_query"),
                             ({"pageToken": "AAAA"}, "bad_cursor"), ({"pageSize": "1001"}, "invalid_field"),
                             ({"owner": "nobody-at-all"}, "invalid_field")):
            with self.subTest(params=params):
                answer = self.root.get("/v1/deals", **params)
                self.assertEqual((answer.status, answer.code), (400, code), answer)
        late = self.root.get("/v1/deals", minPosition=99999999)
        self.assertEqual((late.status, late.code), (503, "not_caught_up"))
        self.assertIn("retry-after", late.headers)
        answer = self.root.request("GET", "/v1/events", headers={"Accept": "text/event-stream", "Last-Event-ID": "9:1"})
        self.assertEqual((answer.status, answer.code), (409, "epoch_mismatch"))
        answer = self.root.request("GET", "/v1/events", headers={"Accept": "text/event-stream", "Last-Event-ID": "x"})
        self.assertEqual((answer.status, answer.code), (400, "bad_cursor"))

    def raw(self, text):
        with socket.create_connection((self.server.host, self.server.port), timeout=10) as connection:
            connection.sendall(text.encode("latin-1"))
            data = b""
            while b"\r\n\r\n" not in data:
                chunk = connection.recv(65536)
                if not chunk:
                    break
                data += chunk
            return int(data.split(b" ", 2)[1]) if data else 0

    def test_ambiguous_http(self):
        head = f"POST /v1/companies HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.server.admin_key}\r\nIdempotency-Key: raw\r\n"
        before = self.root.must_get("/v1/head")["position"]
        body = '{"name":"Smuggled"}'
        for extra in ("Content-Length: 19\r\nContent-Length: 19\r\n", "Content-Length: 19\r\nTransfer-Encoding: chunked\r\n",
                      "Transfer-Encoding: gzip\r\n", "Transfer-Encoding: identity\r\nContent-Length: 19\r\n",
                      "Content-Length: 5, 19\r\n", "Content-Length: +19\r\n", "Host: y\r\nContent-Length: 19\r\n",
                      "X: a\r\n b\r\nContent-Length: 19\r\n", "Idempotency-Key: two\r\nContent-Length: 19\r\n"):
            with self.subTest(extra=extra):
                self.assertEqual(self.raw(head + "Content-Type: application/json\r\n" + extra + "\r\n" + body), 400)
        self.assertEqual(self.raw("GET /livez HTTP/1.1\r\n\r\n"), 400)
        self.assertEqual(self.raw("GET /livez\xff HTTP/1.1\r\nHost: x\r\n\r\n"), 400)
        self.assertEqual(self.raw("GET /livez HTTP/1.1\r\nHost: x\r\nX: " + "y" * 20000 + "\r\n\r\n"), 431)
        self.assertEqual(self.root.must_get("/v1/head")["position"], before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
