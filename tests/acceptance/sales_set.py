"""A set of deals as CSV (sales_pipeline.csv, sales_teams.csv, products.csv, accounts.csv) goes in through the public API,
one command per request over at most eight connections in chronological order, and comes out as figures."""
import csv
import pathlib
import queue
import threading
import time

CONNECTIONS = 8
PIPELINE = "opportunities"
SNAPSHOT = "2017-12-31"


def slug(text):
    return "".join(c if c.isalnum() else "-" for c in text.lower())


class SalesSet:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        read = lambda name: list(csv.DictReader(open(folder / name, newline="", encoding="utf-8")))
        self.deals, self.team_rows = read("sales_pipeline.csv"), read("sales_teams.csv")
        self.products, self.accounts = read("products.csv"), read("accounts.csv")
        self.prices = {p["product"]: int(p["sales_price"]) for p in self.products}

    @property
    def sellers(self):
        return [row["sales_agent"] for row in self.team_rows]

    @property
    def managers(self):
        return sorted({row["manager"] for row in self.team_rows})

    def product(self, row):
        return "GTX Pro" if row["product"] == "GTXPro" else row["product"]

    def commands(self):
        """(moment, opportunity, path, body) in chronological order; the dateless ones last."""
        found = []
        for row in self.deals:
            opportunity, engaged = row["opportunity_id"], row["engage_date"]
            opened = (engaged or SNAPSHOT) + "T00:00:00Z"
            body = {"externalId": opportunity, "title": f"{self.product(row)} for a client", "pipeline": PIPELINE,
                    "stage": "engaging" if engaged else "prospecting", "ownerId": f"ext:{slug(row['sales_agent'])}",
                    "value": {"currencyCode": "USD", "units": str(self.prices[self.product(row)])}, "occurredAt": opened}
            if row["account"]:
                body["companyId"] = f"ext:{slug(row['account'])}"
            found.append((opened if engaged else "9999", 0, opportunity, "/v1/deals", body))
            if row["close_date"]:
                closed = row["close_date"] + "T00:00:00Z"
                if row["deal_stage"] == "Won":
                    path, body = "win", {"value": {"currencyCode": "USD", "units": row["close_value"]}, "occurredAt": closed}
                else:
                    path, body = "lose", {"reason": "unknown", "occurredAt": closed}
                found.append((closed, 1, opportunity, f"/v1/deals/ext:{opportunity}/{path}", body))
        found.sort(key=lambda command: command[:3])
        return [(moment, opportunity, path, body) for moment, _, opportunity, path, body in found]

    def prepare(self, client):
        """Teams, sellers, companies, the pipeline. Zone UTC is the default of a new workspace."""
        client.must_post("/v1/pipelines", {
            "key": PIPELINE, "name": "Opportunities", "lossReasons": ["unknown"],
            "stages": [{"key": "prospecting", "name": "Prospecting", "probability": 0.1},
                       {"key": "engaging", "name": "Engaging", "probability": 0.5}]})
        for manager in self.managers:
            client.must_post("/v1/teams", {"externalId": slug(manager), "name": manager})
        for row in self.team_rows:
            client.must_post("/v1/sellers", {"externalId": slug(row["sales_agent"]), "name": row["sales_agent"],
                                             "roles": ["CLOSER"], "teamId": f"ext:{slug(row['manager'])}"})
        for account in self.accounts:
            client.must_post("/v1/companies", {"externalId": slug(account["account"]), "name": account["account"],
                                               "industry": account["sector"]})

    def load(self, server):
        """Sends every command; each connection keeps the order of its deals. Seconds it took, and the last position."""
        queues = [queue.SimpleQueue() for _ in range(CONNECTIONS)]
        commands = self.commands()
        for number, (_, opportunity, path, body) in enumerate(commands):
            queues[hash(opportunity) % CONNECTIONS].put((f"load-{number}", path, body))
        failures, positions = [], []

        def send(own):
            client = server.client()
            last = 0
            while not own.empty() and not failures:
                key, path, body = own.get()
                answer = client.post(path, body, key)
                if answer.status not in (200, 201):
                    failures.append(f"{path}: {answer}")
                    return
                last = max(last, int(answer.headers["dealog-position"]))
            positions.append(last)
            client.close()

        begin = time.monotonic()
        threads = [threading.Thread(target=send, args=(q,)) for q in queues]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.monotonic() - begin
        assert not failures, failures[0]
        return len(commands), seconds, max(positions)


def money(values, currency="USD"):
    for value in values:
        if value["currencyCode"] == currency:
            return int(value["units"])
    return 0


def number(value):
    """A figure as the reference rounds it: six digits, absent is None."""
    return None if value is None else round(value, 6)


def figures(row):
    """The reference's names for a row of /v1/kpis/sellers."""
    return {"deals": int(row["dealsOpened"]), "open": int(row["openDeals"]), "won": int(row["won"]), "lost": int(row["lost"]),
            "win_rate": number(row.get("winRate")), "won_value": money(row["wonValue"]),
            "cycle_won_days_avg": number(row.get("averageCycleDays")),
            "cycle_won_days_median": number(row.get("medianCycleDays"))}
