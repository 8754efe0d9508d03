"""A small department that the generated tests act in, and for each route a valid request.

A route of /openapi.json without a builder here fails the generated tests.
"""
import itertools
import uuid

from harness import in_future, tomorrow

FIELD_ROLES = ["COLLECTOR", "FIRST_LINE", "CLOSER", "ACCOUNT_MANAGER"]
ROLES = FIELD_ROLES + ["HEAD", "AUDITOR", "ADMIN", "INTEGRATION"]
SCOPES = ["commands", "queries", "events"]


class Department:
    """Two teams. Every role has a principal in the first; `mate` sits in the same team, `stranger` in the other."""

    def __init__(self, server):
        self.server = server
        self.root = server.client()
        self.numbers = itertools.count(1)
        self.team = self.root.must_post("/v1/teams", {"name": "First"})["id"]
        self.other_team = self.root.must_post("/v1/teams", {"name": "Second"})["id"]
        self.mate = self.seller("CLOSER", self.team)
        self.stranger = self.seller("CLOSER", self.other_team)
        self.ids, self.clients = {}, {}
        for role in ROLES:
            if role == "INTEGRATION":
                key = self.root.must_post("/v1/apiKeys", {"service": "warehouse", "roles": [role], "scopes": SCOPES})
                self.ids[role] = self.stranger   # a service owns nothing
            else:
                self.ids[role] = self.seller(role, self.team)
                key = self.root.must_post("/v1/apiKeys", {"sellerId": self.ids[role]})
            self.clients[role] = server.client(key["secret"])

    def seller(self, role, team):
        return self.root.must_post("/v1/sellers", {"name": f"Seller {next(self.numbers)}", "roles": [role], "teamId": team})["id"]

    def owner(self, role, whose):
        return {"own": self.ids[role], "team": self.mate, "foreign": self.stranger}[whose]

    # ---- Things to act on, made by the administrator ----

    def task(self):
        return {"id": str(uuid.uuid4()), "type": "CALL", "title": "Agree on the delivery date", "dueAt": tomorrow()}

    def deal(self, owner, **more):
        first = self.task()
        body = {"title": "Annual supply", "ownerId": owner, "firstTask": first, **more}
        return {"deal": self.root.must_post("/v1/deals", body)["id"], "task": first["id"]}

    def closed_deal(self, owner):
        made = self.deal(owner)
        self.root.must_post(f"/v1/deals/{made['deal']}/win", {})
        return made

    def action_of(self, subject, path):
        made = self.root.must_post(f"{path}/actions", {"type": "CALL", "outcome": "REACHED", "text": "Agreed"})
        return {**subject, "action": made["id"]}

    def task_of(self, subject, path):
        return {**subject, "task": self.root.must_post(f"{path}/tasks", self.task())["id"]}

    def company(self, owner):
        return {"company": self.root.must_post("/v1/companies", {"name": f"Company {next(self.numbers)}", "ownerId": owner})["id"]}

    def contact(self, owner):
        return {"contact": self.root.must_post("/v1/contacts", {"ownerId": owner, "personal": self.person()})["id"]}

    def person(self):
        n = next(self.numbers)
        return {"fullName": f"Person {n}", "phones": [f"+4917{n:08d}"], "emails": [f"person{n}@example.com"]}

    # ---- Requests ----

    def target(self, template, owner):
        """Path parameters that name fresh things of this owner, for a path template."""
        if "{deal}" in template:
            if template.endswith("/reopen"):
                return self.closed_deal(owner)
            made = self.deal(owner)
            return self.action_of(made, f"/v1/deals/{made['deal']}") if "{action}" in template else made
        for kind, plural in (("company", "companies"), ("contact", "contacts")):
            if "{" + kind + "}" in template:
                made = getattr(self, kind)(owner)
                path = f"/v1/{plural}/{made[kind]}"
                if "{action}" in template:
                    return self.action_of(made, path)
                return self.task_of(made, path) if "{task}" in template else made
        if "{seller}" in template:
            return {"seller": owner}
        if "{team}" in template:
            return {"team": self.team}
        if "{subject}" in template:
            return {"subject": "contact-" + self.contact(owner)["contact"]}
        if template.startswith("/v1/apiKeys/{key}"):
            return {"key": self.root.must_post("/v1/apiKeys", {"sellerId": owner})["id"]}
        if template.startswith("/v1/settings/{key}"):
            return {"key": "norms"}
        if template.startswith("/v1/pipelines/{key}"):
            return {"key": "sales"}
        if "{stream}" in template:
            return {"stream": "deal-" + self.deal(owner)["deal"]}
        return {}

    def missing(self, template):
        """The same, naming what does not exist."""
        made = {name: str(uuid.uuid4()) for name in ("deal", "task", "company", "contact", "seller", "team", "action", "key")}
        made.update({"stream": f"deal-{uuid.uuid4()}", "subject": f"contact-{uuid.uuid4()}"})
        if "/pipelines/{key}" in template:
            made["key"] = "nothing-here"
        if "/settings/{key}" in template:
            made["key"] = "nothingHere"
        return made

    def body(self, template, owner):
        """A valid body for the POST of a path template; KeyError for a route nobody thought of."""
        n = next(self.numbers)
        report = {"outcome": "REACHED", "text": "Agreed on Monday"}
        tail = template.rsplit("/", 1)[-1]
        by_path = {
            "/v1/teams": lambda: {"name": f"Team {n}"},
            "/v1/teams/{team}/update": lambda: {"name": f"Team {n}"},
            "/v1/sellers": lambda: {"name": f"Seller {n}", "roles": ["CLOSER"]},
            "/v1/sellers/{seller}/update": lambda: {"name": f"Seller {n}"},
            "/v1/apiKeys": lambda: {"sellerId": owner},
            "/v1/apiKeys/{key}/revoke": lambda: {},
            "/v1/companies": lambda: {"name": f"Company {n}", "ownerId": owner},
            "/v1/companies/{company}/update": lambda: {"name": f"Company {n}"},
            "/v1/contacts": lambda: {"ownerId": owner, "personal": self.person()},
            "/v1/contacts/{contact}/update": lambda: {"source": f"fair-{n}"},
            "/v1/pipelines": lambda: {"key": f"p{n}", "stages": [{"key": "first", "probability": 0.5}]},
            "/v1/deals": lambda: {"title": f"Deal number {n}", "ownerId": owner},
            "/v1/deals/{deal}/update": lambda: {"title": f"Deal number {n}"},
            "/v1/deals/{deal}/stage": lambda: {"stage": "qualified"},
            "/v1/deals/{deal}/win": lambda: {},
            "/v1/deals/{deal}/lose": lambda: {"reason": "price"},
            "/v1/deals/{deal}/reopen": lambda: {"reason": "They came back"},
            "/v1/deals/{deal}/owner": lambda: {"ownerId": self.mate if owner != self.mate else self.ids["HEAD"], "reason": "Balance"},
            "/v1/settings/{key}": lambda: {"norms": {"min": 30, "max": 40 + n, "executedMin": 30, "executedTarget": 40}},
            "/v1/subjects/{subject}/erase": lambda: {"legalGround": "asked for"},
            "/v1/batch": lambda: {"commands": [{"path": "/v1/companies", "body": {"name": f"Company {n}", "ownerId": owner}}]},
        }
        by_tail = {
            "tasks": self.task,
            "complete": lambda: {"action": report, **({"next": self.task()} if "{deal}" in template else {})},
            "reschedule": lambda: {"dueAt": in_future(days=2), "reason": "They asked"},
            "cancel": lambda: {"reason": "Not needed", **({"next": self.task()} if "{deal}" in template else {})},
            "actions": lambda: {"type": "EMAIL", **report},
            "correct": lambda: {"outcome": "CONTINUE", "reason": "Wrong button"},
        }
        return (by_path.get(template) or by_tail[tail])()

    def params(self, template):
        """Required parameters of a GET."""
        return {"/v1/funnel": {"pipeline": "sales"},
                "/v1/evidence": {"query": "/v1/kpis/sellers", "metric": "won"}}.get(template, {})


def fill(template, target):
    path = template
    for name, value in target.items():
        path = path.replace("{" + name + "}", value)
    return path
