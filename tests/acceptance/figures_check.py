"""Compares what Dealog reports about a sales set with a reference, figure by figure and exactly."""
import calendar

from sales_set import PIPELINE, SNAPSHOT, figures, money, slug

KEYS = ["deals", "open", "won", "lost", "win_rate", "won_value", "cycle_won_days_avg", "cycle_won_days_median"]


class FiguresCheck:
    def __init__(self, case, client, position, expected):
        self.case, self.client, self.position, self.expected = case, client, position, expected
        self.compared = 0

    def equal(self, got, want, what):
        self.compared += 1
        self.case.assertEqual(got, want, what)

    def kpis(self, **params):
        return self.client.must_get("/v1/kpis/sellers", minPosition=self.position, **params)

    def row(self, got, want, what):
        for key in KEYS:
            if key in want:
                self.equal(figures(got)[key], want[key], f"{what}: {key}")

    def board(self, at=None, owner=None):
        params = {k: v for k, v in (("at", at), ("owner", owner)) if v}
        board = self.client.must_get(f"/v1/pipelines/{PIPELINE}/board", minPosition=self.position, **params)
        return {stage["stage"]: int(stage["count"]) for stage in board["stages"]}

    def stages(self, counts, want, what):
        for stage in ("engaging", "prospecting"):
            key = f"open_{stage}"
            if key in want:
                self.equal(counts.get(stage, 0), want[key], f"{what}: {key}")

    def all(self):
        answer = self.kpis(to=SNAPSHOT)
        total = self.expected["total_at_snapshot_2017-12-31"]
        self.row(answer["total"], total, "total")
        self.stages(self.board(), total, "total")
        self.stages(self.board(at=SNAPSHOT), total, "total at the snapshot")
        by_name = {row["name"]: row for row in answer["sellers"]}
        for name, want in self.expected["per_seller"].items():
            self.row(by_name[name], want, name)
            self.stages(self.board(owner=f"ext:{slug(name)}"), want, name)
        for manager, want in self.expected["per_manager"].items():
            self.row(self.kpis(to=SNAPSHOT, team=f"ext:{slug(manager)}")["total"], want, manager)
        for day, want in self.expected["as_of"].items():
            answer = self.kpis(to=day)
            self.row(answer["total"], want["total"], day)
            self.stages(self.board(at=day), want["total"], day)
            rows = {row["name"]: row for row in answer["sellers"]}
            for name, seller in want["per_seller"].items():
                self.row(rows[name], seller, f"{day} {name}")
        for month, want in self.expected["per_month"].items():
            year, number = map(int, month.split("-"))
            last = calendar.monthrange(year, number)[1]
            got = self.kpis(**{"from": f"{month}-01", "to": f"{month}-{last}"})["total"]
            for key, value in (("won", int(got["won"])), ("lost", int(got["lost"])), ("won_value", money(got["wonValue"]))):
                self.equal(value, want[key], f"{month}: {key}")
        funnel = self.client.must_get("/v1/funnel", pipeline=PIPELINE, to=SNAPSHOT, minPosition=self.position)
        stage = {row["stage"]: row for row in funnel["stages"]}["engaging"]
        want = self.expected["stage_funnel"]
        self.equal(int(stage["entered"]), want["entered_engaging"], "funnel entered")
        self.equal(int(stage["left"]), want["left_engaging"], "funnel left")
        self.equal(round(stage["averageDays"], 6), want["avg_days_in_engaging_finished"], "funnel average days")
        return self.compared
