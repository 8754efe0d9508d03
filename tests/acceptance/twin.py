"""Makes a synthetic twin of a sales set: the same shape, other names and numbers, and its reference computed in sqlite3.

usage: twin.py FOLDER [--deals N] [--seed S]
"""
import argparse
import csv
import datetime
import json
import pathlib
import random
import sqlite3

SNAPSHOT = datetime.date(2017, 12, 31)
FIRST = datetime.date(2016, 10, 20)


def write(path, header, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(header)
        out.writerows(rows)


def make_rows(deals, seed):
    chance = random.Random(seed)
    products = [(f"Line {i}", 40 * 3 ** i) for i in range(7)]
    managers = [f"Manager {c}" for c in "ABCDEF"]
    sellers = [(f"Seller {i:02d}", managers[i % 6]) for i in range(35)]
    accounts = [(f"Account {i:02d}", chance.choice(["retail", "medical", "software"])) for i in range(85)]
    busy = [name for name, _ in sellers[:30]]   # five have no deal and must show zeros
    rows = []
    for i in range(deals):
        product, price = chance.choice(products)
        engaged = FIRST + datetime.timedelta(days=chance.randrange((SNAPSHOT - FIRST).days - 10))
        fate = chance.random()
        account = "" if chance.random() < 0.16 else chance.choice(accounts)[0]
        if fate < 0.06:
            stage, engaged_text, closed_text, value = "Prospecting", "", "", ""
        else:
            closed = engaged + datetime.timedelta(days=chance.randrange(0, 140))
            if fate < 0.25 or closed > SNAPSHOT:
                stage, closed_text, value = "Engaging", "", ""
            elif fate < 0.72:
                stage, closed_text, value = "Won", closed.isoformat(), str(int(price * chance.uniform(0.7, 1.3)))
            else:
                stage, closed_text, value = "Lost", closed.isoformat(), "0"
            engaged_text = engaged.isoformat()
        rows.append((f"T{i:07d}", chance.choice(busy), product, account, stage, engaged_text, closed_text, value))
    return products, sellers, accounts, rows


FIGURES = """
    SELECT count(*), sum(closed IS NULL OR closed > :day), sum(stage = 'Won' AND closed <= :day),
           sum(stage = 'Lost' AND closed <= :day),
           sum(CASE WHEN stage = 'Won' AND closed <= :day THEN value ELSE 0 END),
           sum((closed IS NULL OR closed > :day) AND engaged IS NOT NULL),
           sum(engaged IS NULL)
    FROM deals WHERE coalesce(engaged, :snapshot) <= :day AND {where}"""
CYCLES = """
    SELECT julianday(closed) - julianday(engaged) AS days FROM deals
    WHERE stage = 'Won' AND closed <= :day AND {where} ORDER BY days"""


def figures(db, day, where="1", **params):
    params = {"day": day, "snapshot": SNAPSHOT.isoformat(), **params}
    deals, opened, won, lost, value, engaging, prospecting = (
        x or 0 for x in db.execute(FIGURES.format(where=where), params).fetchone())
    days = [row[0] for row in db.execute(CYCLES.format(where=where), params)]
    middle = len(days) // 2
    median = None if not days else days[middle] if len(days) % 2 else (days[middle - 1] + days[middle]) / 2
    return {"deals": deals, "open": opened, "open_engaging": engaging, "open_prospecting": prospecting, "won": won,
            "lost": lost, "win_rate": round(won / (won + lost), 6) if won + lost else None, "won_value": value,
            "cycle_won_days_avg": round(sum(days) / len(days), 6) if days else None, "cycle_won_days_median": median}


def reference(sellers, rows):
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE deals (id, seller, manager, account, stage, engaged, closed, value INTEGER)")
    manager_of = dict(sellers)
    db.executemany("INSERT INTO deals VALUES (?,?,?,?,?,?,?,?)",
                   [(r[0], r[1], manager_of[r[1]], r[3], r[4], r[5] or None, r[6] or None, int(r[7] or 0)) for r in rows])
    end = SNAPSHOT.isoformat()
    months = [f"{y}-{m:02d}" for y in (2016, 2017) for m in range(1, 13) if (y, m) >= (2016, 10)]
    month = lambda m, stage: db.execute(
        "SELECT count(*), coalesce(sum(value), 0) FROM deals WHERE stage = ? AND substr(closed, 1, 7) = ?", (stage, m)).fetchone()
    names = [name for name, _ in sellers]
    partial = ("open", "won", "lost", "won_value", "win_rate", "cycle_won_days_avg")
    entered, left, average = db.execute(
        "SELECT count(*), sum(closed IS NOT NULL), avg(julianday(closed) - julianday(engaged)) FROM deals WHERE engaged IS NOT NULL"
    ).fetchone()
    return {
        "total_at_snapshot_2017-12-31": figures(db, end),
        "per_seller": {n: figures(db, end, "seller = :n", n=n) for n in names},
        "per_manager": {m: figures(db, end, "manager = :m", m=m) for m in sorted(set(manager_of.values()))},
        "as_of": {day: {"total": figures(db, day),
                        "per_seller": {n: {k: v for k, v in figures(db, day, "seller = :n", n=n).items() if k in partial}
                                       for n in names}}
                  for day in ("2017-05-31", "2017-08-31", "2017-10-31")},
        "per_month": {m: {"won": month(m, "Won")[0], "lost": month(m, "Lost")[0], "won_value": month(m, "Won")[1]}
                      for m in months},
        "stage_funnel": {"entered_engaging": entered, "left_engaging": left,
                         "avg_days_in_engaging_finished": round(average, 6)},
    }


def make(folder, deals=1500, seed=20171231):
    folder = pathlib.Path(folder)
    products, sellers, accounts, rows = make_rows(deals, seed)
    write(folder / "products.csv", ["product", "sales_price"], products)
    write(folder / "sales_teams.csv", ["sales_agent", "manager"], sellers)
    write(folder / "accounts.csv", ["account", "sector"], accounts)
    write(folder / "sales_pipeline.csv",
          ["opportunity_id", "sales_agent", "product", "account", "deal_stage", "engage_date", "close_date", "close_value"], rows)
    (folder / "expected.json").write_text(json.dumps(reference(sellers, rows), indent=1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--deals", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=20171231)
    options = parser.parse_args()
    make(options.folder, options.deals, options.seed)
