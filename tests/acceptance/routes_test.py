"""What every route of /openapi.json must do alike: authentication, JSON and protobuf, strictness, limits, idempotency, asOf."""
import json
import pathlib
import sys
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from department import Department, fill  # noqa: E402
from harness import ROOT, Server  # noqa: E402
from wire import Contract  # noqa: E402

OPEN = {"/livez", "/readyz", "/metrics", "/openapi.json", "/problems", "/events"}


class Routes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        cls.house = Department(cls.server)
        cls.root = cls.house.root
        cls.openapi = cls.server.client(None).must_get("/openapi.json")
        cls.contract = Contract(ROOT / "tests/contract/published.binpb")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def routes(self, verb):
        for template, methods in self.openapi["paths"].items():
            if template not in OPEN and verb in methods:
                yield template, methods[verb]

    def client_for(self, template):
        """One who may: the root key is ADMIN and HEAD of the whole workspace."""
        return self.root

    def made(self, template):
        owner = self.house.mate
        return fill(template, self.house.target(template, owner)), self.house.body(template, owner)

    def head(self):
        return int(self.root.must_get("/v1/head")["position"])

    def refused(self, answer, status, code, before):
        self.assertEqual((answer.status, answer.code), (status, code), answer)
        self.assertEqual(answer.headers["content-type"].split(";")[0], "application/problem+json")
        problem = answer.json
        for key in ("type", "title", "status", "code"):
            self.assertIn(key, problem)
        self.assertEqual(self.head(), before, "a refusal wrote something")

    def test_without_or_with_a_wrong_key_nobody_gets_in(self):
        for verb in ("get", "post"):
            for template, _ in self.routes(verb):
                with self.subTest(path=template):
                    path = fill(template, self.house.missing(template))
                    for key in (None, "nonsense", "dlg_" + "0" * 32 + "_" + "A" * 43):
                        client = self.server.client(key)
                        answer = client.get(path) if verb == "get" else client.post(path, {})
                        self.assertEqual((answer.status, answer.code), (401, "unauthenticated"), answer)

    def test_a_command_is_done_once_however_often_it_is_sent(self):
        for template, _ in self.routes("post"):
            with self.subTest(path=template):
                path, body = self.made(template)
                key = str(uuid.uuid4())
                first = self.root.post(path, body, key)
                self.assertIn(first.status, (200, 201), first)
                head = self.head()
                again = self.root.post(path, body, key)
                self.assertEqual(again.status, first.status)
                want = first.json
                want.pop("secret", None)   # never repeated
                got = again.json
                self.assertNotIn("secret", got)
                self.assertEqual(got, want)
                self.assertEqual(self.head(), head)
                if first.json.get("events") or first.json.get("results"):
                    other = self.root.post(path, {**body, "zz": 1} if not body else {**body, next(iter(body)): None}, key)
                    self.assertIn(other.status, (400, 422), other)

    def test_another_body_under_the_same_key_is_refused(self):
        key = str(uuid.uuid4())
        self.root.must_post("/v1/companies", {"name": "One"}, key)
        self.refused(self.root.post("/v1/companies", {"name": "Two"}, key), 422, "idempotency_key_reused", self.head())

    def test_a_write_needs_a_proper_idempotency_key(self):
        for template, _ in self.routes("post"):
            with self.subTest(path=template):
                path, body = self.made(template)
                before = self.head()
                self.refused(self.root.request("POST", path, body), 400, "idempotency_key_required", before)
                for bad in ("", "x" * 129, "käse"):
                    answer = self.root.request("POST", path, body, {"Idempotency-Key": bad.encode("latin-1").decode("latin-1")})
                    self.assertEqual(answer.status, 400, answer)

    def test_bodies_are_strict(self):
        for template, _ in self.routes("post"):
            with self.subTest(path=template):
                path, body = self.made(template)
                text = json.dumps(body)
                before = self.head()
                bad = {"unknown field": json.dumps({**body, "noSuchField": 1}), "not JSON": text[:-1], "an array": "[]",
                       "a BOM": "\ufeff" + text, "a comment": "/**/" + text, "deep": '{"a":' * 40 + "1" + "}" * 40}
                if body:
                    name = next(iter(body))
                    bad["duplicate key"] = text[:-1] + f', {json.dumps(name)}: {json.dumps(body[name])}' + "}"
                    bad["null"] = json.dumps({**body, name: None})
                    bad["wrong type"] = json.dumps({**body, name: [[1]]})
                for what, sent in bad.items():
                    with self.subTest(what=what):
                        self.refused(self.root.post(path, sent.encode()), 400, "malformed_body", before)
                self.refused(self.root.post(path, text.encode() + b"\xff"), 400, "malformed_body", before)
                answer = self.root.post(path, b"x" * ((4 << 20) + 1024))
                self.assertEqual((answer.status, answer.code), (413, "payload_too_large"))
                self.refused(self.root.post(path, text.encode(), headers={"Content-Type": "text/plain"}), 415,
                             "unsupported_media_type", before)

    def test_texts_over_their_limit_are_refused_with_the_field(self):
        for template, operation in self.routes("post"):
            with self.subTest(path=template):
                path, body = self.made(template)
                for name, value in body.items():
                    if isinstance(value, str):
                        before = self.head()
                        answer = self.root.post(path, {**body, name: "x" * 30_000})
                        self.assertEqual(answer.status, 400, (name, answer))
                        self.assertTrue(any(v["field"].startswith(name) for v in answer.json["violations"]), answer)
                        self.assertEqual(self.head(), before)

    def test_a_path_parameter_repeated_in_the_body_is_refused(self):
        for template, _ in self.routes("post"):
            with self.subTest(path=template):
                if "{" in template and "{subject}" not in template:
                    path, body = self.made(template)
                    name = template.split("{")[1].split("}")[0]
                    before = self.head()
                    self.refused(self.root.post(path, {**body, name: "x"}), 400, "malformed_body", before)

    def test_protobuf_does_what_json_does(self):
        for template, operation in self.routes("post"):
            with self.subTest(path=template):
                if template == "/v1/batch":
                    continue   # its items are typed: see the batch tests
                message = operation["x-dealog-message"]
                path, body = self.made(template)
                answer = self.root.post(path, self.contract.encode(message, body),
                                        headers={"Content-Type": "application/protobuf", "Accept": "application/protobuf"})
                self.assertIn(answer.status, (200, 201), answer)
                self.assertEqual(answer.headers["content-type"], "application/protobuf")
                written = self.contract.decode("dealog.v1.Written", answer.body)
                self.assertEqual(written.get("position"), answer.headers.get("dealog-position"))
                unknown = self.contract.encode(message, body) + b"\xfa\x7f\x01x"
                before = self.head()
                self.refused(self.root.post(path, unknown, headers={"Content-Type": "application/protobuf"}), 400,
                             "malformed_body", before)

    def test_answers_name_position_and_revision(self):
        for template, _ in self.routes("post"):
            with self.subTest(path=template):
                if template == "/v1/batch":
                    continue
                path, body = self.made(template)
                answer = self.root.post(path, body)
                written = answer.json
                self.assertEqual(answer.headers["etag"], f'"{written["revision"]}"')
                self.assertEqual(answer.headers["dealog-position"], written["position"])
                self.assertEqual(written["events"][-1]["position"], written["position"])
                self.assertEqual(int(written["position"]), self.head())

    def test_a_stale_revision_is_refused(self):
        for template, _ in self.routes("post"):
            with self.subTest(path=template):
                if "{deal}" in template:
                    path, body = self.made(template)
                    before = self.head()
                    self.refused(self.root.post(path, body, headers={"If-Match": '"999"'}), 412, "wrong_expected_revision", before)
                    self.refused(self.root.post(path, body, headers={"If-Match": "5"}), 400, "bad_if_match", before)

    def queries(self):
        for template, operation in self.routes("get"):
            path = fill(template, self.house.target(template, self.house.mate))
            yield template, operation, path, self.house.params(template)

    def test_queries_answer_in_json_and_protobuf(self):
        for template, operation, path, params in self.queries():
            with self.subTest(path=template):
                position = self.head()
                if template.startswith(("/v1/events", "/v1/streams")):
                    params = {**params, "limit": 5}
                else:
                    params = {**params, "minPosition": position}
                answer = self.root.must_get(path, **params)
                self.assertGreaterEqual(int(answer["position"]), position)
                self.assertIn("at", answer)
                import urllib.parse
                raw = self.root.request("GET", path + "?" + urllib.parse.urlencode(params), headers={"Accept": "application/protobuf"})
                self.assertEqual(raw.status, 200)
                decoded = self.contract.decode(operation["x-dealog-answer"], raw.body)
                self.assertGreaterEqual(int(decoded["position"]), position)

    def test_queries_refuse_what_they_do_not_know(self):
        for template, _, path, params in self.queries():
            with self.subTest(path=template):
                self.assertEqual(self.root.get(path, **params, noSuchParameter=1).code, "malformed_query")
                self.assertIn(self.root.get(path, **params, minPosition="x").status, (400,))

    def test_as_of_a_past_position_answers_what_was_answered_then(self):
        for template, _, path, params in self.queries():
            if template.startswith(("/v1/events", "/v1/streams", "/v1/head", "/v1/me", "/v1/evidence")):
                continue
            with self.subTest(path=template):
                position = self.head()
                then = self.root.must_get(path, **params, asOf=position)
                self.house.deal(self.house.mate)   # the world goes on
                self.assertEqual(self.root.must_get(path, **params, asOf=position), then)
                self.assertEqual(then["position"], str(position))
                self.assertEqual(self.root.get(path, **params, asOf="2999-01-01T00:00:00Z").code, "as_of_in_future")
                self.assertEqual(self.root.get(path, **params, asOf=10 ** 9).code, "as_of_in_future")
                self.assertEqual(self.root.get(path, **params, asOf="yesterday").status, 400)

    def test_paths_take_external_ids(self):
        external = f"acct-{uuid.uuid4()}"
        self.root.must_post("/v1/companies", {"name": "By another name", "externalId": external})
        self.root.must_post(f"/v1/companies/ext:{external}/update", {"industry": "Wood"})
        deal = self.root.must_post("/v1/deals", {"title": "Planks for a year", "ownerId": self.house.mate,
                                                 "companyId": f"ext:{external}", "externalId": external})
        position = deal["position"]
        card = self.root.must_get(f"/v1/deals/ext:{external}", minPosition=position)
        self.assertEqual(card["id"], deal["id"])
        self.assertEqual(self.root.get("/v1/deals/ext:nobody").code, "not_found")
        taken = self.root.post("/v1/deals", {"title": "Planks again", "ownerId": self.house.mate, "externalId": external})
        self.assertEqual((taken.status, taken.code), (409, "external_id_taken"))

    def test_wrong_methods_and_paths(self):
        answer = self.root.request("PUT", "/v1/deals", {}, {"Idempotency-Key": "x"})
        self.assertEqual((answer.status, answer.code), (405, "method_not_allowed"))
        self.assertIn("POST", answer.headers["allow"])
        self.assertEqual(self.root.get("/v1/nothing").code, "not_found")

    def test_cursors_are_pinned_and_checked(self):
        for _ in range(5):
            self.house.company(self.house.mate)
        head = self.head()
        first = self.root.must_get("/v1/companies", pageSize=2, minPosition=head)
        self.house.company(self.house.mate)
        second = self.root.must_get("/v1/companies", pageSize=2, pageToken=first["nextPageToken"])
        self.assertEqual(second["position"], first["position"])
        self.assertFalse({c["id"] for c in first["companies"]} & {c["id"] for c in second["companies"]})
        self.assertEqual(self.root.get("/v1/companies", pageToken="rubbish").code, "bad_cursor")
        self.assertEqual(self.root.get("/v1/contacts", pageToken=first["nextPageToken"]).code, "bad_cursor")
        self.assertEqual(self.root.get("/v1/companies", pageSize=1001).status, 400)


if __name__ == "__main__":
    unittest.main(verbosity=2)
