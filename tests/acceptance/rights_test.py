"""Who may what: every command and query of /openapi.json × role × own, team, foreign, missing, against api.md's table.

The table here is written by hand from the contract and knows nothing of the server's own.
"""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from department import FIELD_ROLES, ROLES, Department, fill  # noqa: E402
from harness import Server  # noqa: E402

# (area, verb) -> role -> how far it reaches: None, own, team, all
WORK_READ = {**{role: "own" for role in FIELD_ROLES}, "HEAD": "team", "AUDITOR": "all", "ADMIN": None, "INTEGRATION": "all"}
WORK_WRITE = {**{role: "own" for role in FIELD_ROLES}, "HEAD": "team", "AUDITOR": None, "ADMIN": None, "INTEGRATION": "all"}
HEAD_WRITE = {**{role: None for role in ROLES}, "HEAD": "team"}
PEOPLE_READ = {**{role: "own" for role in FIELD_ROLES}, "HEAD": "team", "AUDITOR": "all", "ADMIN": "all", "INTEGRATION": None}
ADMIN_ONLY = {**{role: None for role in ROLES}, "ADMIN": "all"}
EVERYBODY = {role: "all" for role in ROLES}
# An administrator reads settings' and people's events: the log without the deals, of which no stream is there for him.
HISTORY = {**{role: None for role in FIELD_ROLES}, "HEAD": "team", "AUDITOR": "all", "ADMIN": "all", "INTEGRATION": "all"}
STREAM = {**HISTORY, "ADMIN": "nothing"}

PEOPLE = ("/v1/sellers", "/v1/teams", "/v1/apiKeys")
DEFINITIONS = ("/v1/settings", "/v1/pipelines")
OPEN = {"/livez", "/readyz", "/metrics", "/openapi.json", "/problems", "/events"}


def table(method, template):
    if template in ("/v1/me", "/v1/head", "/v1/batch"):
        return EVERYBODY
    if template.endswith("/board") or template == "/v1/funnel":
        return WORK_READ
    if template.startswith("/v1/streams"):
        return STREAM
    if template.startswith("/v1/events"):
        return HISTORY
    if template.startswith("/v1/subjects"):
        return ADMIN_ONLY
    if template.startswith(PEOPLE):
        return PEOPLE_READ if method == "get" else ADMIN_ONLY
    if template.startswith(DEFINITIONS):
        return EVERYBODY if method == "get" else ADMIN_ONLY
    if template == "/v1/deals/{deal}/owner":
        return HEAD_WRITE
    return WORK_READ if method == "get" else WORK_WRITE


class Rights(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        cls.house = Department(cls.server)
        cls.openapi = cls.server.client(None).must_get("/openapi.json")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def routes(self):
        for template, methods in self.openapi["paths"].items():
            if template in OPEN:
                continue
            for method in methods:
                if method in ("get", "post"):
                    yield method, template

    def send(self, role, method, template, target, owner):
        client, path = self.house.clients[role], fill(template, target)
        if method == "get":
            params = self.house.params(template)
            if not template.startswith(("/v1/events", "/v1/streams")):
                params = {**params, "minPosition": self.house.root.must_get("/v1/head")["position"]}
            return client.get(path, **params)
        return client.post(path, self.house.body(template, owner))

    def test_every_route_role_and_owner(self):
        cells = 0
        for method, template in self.routes():
            for role in ROLES:
                for whose in ("own", "team", "foreign", "missing"):
                    with self.subTest(method=method, path=template, role=role, whose=whose):
                        cells += self.cell(method, template, role, whose)
        print(f"rights: {cells} cells", file=sys.stderr)
        self.assertGreater(cells, 800)

    def cell(self, method, template, role, whose):
        reach = table(method, template)[role]
        targeted = "{" in template
        if whose == "missing":
            if not targeted:
                return 0
            answer = self.send(role, method, template, self.house.missing(template), self.house.mate)
            if template == "/v1/subjects/{subject}/erase" and reach:
                self.assertIn(answer.status, (200, 404), answer)   # an unknown subject may be erased beforehand
            else:
                self.assertEqual(answer.status, 403 if reach is None else 404, answer)
            return 1
        owner = self.house.owner(role, whose)
        if role == "INTEGRATION" and whose == "own":
            return 0   # a service owns nothing
        owned = "{deal}" in template or "{company}" in template or "{contact}" in template or "{stream}" in template \
            or template in ("/v1/deals", "/v1/companies", "/v1/contacts") and method == "post" \
            or template == "/v1/sellers/{seller}" and method == "get"
        answer = self.send(role, method, template, self.house.target(template, owner), owner)
        if reach is None:
            self.assertEqual((answer.status, answer.code), (403, "forbidden"), answer)
        elif not owned or reach == "all" or (reach == "team" and whose != "foreign") or (whose == "own" and reach != "nothing"):
            self.assertLess(answer.status, 300, answer) if template != "/v1/batch" else self.batch_cell(answer, role, whose)
        else:
            self.assertEqual((answer.status, answer.code), (404, "not_found"), answer)
        return 1

    def batch_cell(self, answer, role, whose):
        reach = WORK_WRITE[role]
        if reach == "all" or whose == "own" and reach or reach == "team" and whose == "team":
            self.assertEqual(answer.status, 201, answer)
        else:
            self.assertEqual(answer.status, 403 if reach is None else 404, answer)

    def test_lists_hold_what_the_caller_may_see_and_nothing_else(self):
        house = self.house
        for role in ROLES:
            if role in ("ADMIN", "INTEGRATION"):
                continue
            made = {whose: house.deal(house.owner(role, whose))["deal"] for whose in ("own", "team", "foreign")}
            position = house.root.must_get("/v1/head")["position"]
            seen, token = set(), None
            while True:
                params = {"pageSize": 1000, "minPosition": position, **({"pageToken": token} if token else {})}
                page = house.clients[role].must_get("/v1/deals", **params)
                seen |= {deal["id"] for deal in page["deals"]}
                token = page.get("nextPageToken")
                if not token:
                    break
            want = {"own": {"own"}, "team": {"own", "team"}, "all": {"own", "team", "foreign"}}[WORK_READ[role]]
            self.assertEqual({whose for whose, deal in made.items() if deal in seen}, want, role)

    def test_rights_end_at_once_when_a_role_or_key_goes(self):
        house = self.house
        seller = house.seller("CLOSER", house.team)
        key = house.root.must_post("/v1/apiKeys", {"sellerId": seller})
        client = self.server.client(key["secret"])
        client.must_post("/v1/deals", {"title": "Mine by right", "ownerId": seller})
        house.root.must_post(f"/v1/sellers/{seller}/update", {"roles": ["AUDITOR"]})
        self.assertEqual(client.post("/v1/deals", {"title": "Not any more", "ownerId": seller}).code, "forbidden")
        house.root.must_post(f"/v1/apiKeys/{key['id']}/revoke", {})
        self.assertEqual(client.get("/v1/me").code, "unauthenticated")

    def test_as_of_never_widens_rights(self):
        house = self.house
        seller = house.seller("CLOSER", house.team)
        client = self.server.client(house.root.must_post("/v1/apiKeys", {"sellerId": seller})["secret"])
        deal = house.deal(seller)["deal"]
        position = house.root.must_get("/v1/head")["position"]
        self.assertEqual(client.get(f"/v1/deals/{deal}", minPosition=position).status, 200)
        house.root.must_post(f"/v1/deals/{deal}/owner", {"ownerId": house.stranger, "reason": "Moved"})
        after = house.root.must_get("/v1/head")["position"]
        self.assertEqual(client.get(f"/v1/deals/{deal}", minPosition=after).code, "not_found")
        self.assertEqual(client.get(f"/v1/deals/{deal}", asOf=position).code, "not_found")


if __name__ == "__main__":
    unittest.main(verbosity=2)
