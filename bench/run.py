#!/usr/bin/env python3
"""Measures Dealog against a baseline in the same run and prints measured, baseline, budget and verdict of every figure.

Exit 1 on a missed budget. bench/known_misses.txt says why a miss is known; it stays a miss.
"""
import argparse
import json
import os
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time

import server as serving

FOLDER = pathlib.Path(__file__).resolve().parent
CLIENTS = (1, 8, 64)


def median(values):
    return statistics.median(values)


class Verdicts:
    """What was measured, as it is printed."""

    def __init__(self):
        known = FOLDER / "known_misses.txt"
        lines = known.read_text().splitlines() if known.exists() else []
        self.known = dict(line.split(":", 1) for line in lines if ":" in line and not line.startswith("#"))
        self.missed = []
        print(f"| {'figure':<52} | {'measured':>22} | {'baseline':>38} | {'budget':>24} | verdict |")
        print(f"|{'-' * 54}|{'-' * 24}|{'-' * 40}|{'-' * 26}|---------|")

    def tell(self, figure, measured, baseline="", budget="", held=None):
        verdict = "" if held is None else "ok" if held else "MISSED"
        if held is False:
            self.missed.append(figure)
            if figure in self.known:
                verdict += " (known)"
        print(f"| {figure:<52} | {measured:>22} | {baseline:>38} | {budget:>24} | {verdict} |", flush=True)

    def close(self):
        for figure in self.missed:
            print(f"MISSED: {figure}:{self.known.get(figure, ' not known before')}")
        return 1 if self.missed else 0


class Bench:
    def __init__(self, arguments):
        self.quick, self.rounds = arguments.quick, 3 if arguments.quick else 5
        self.seconds = 2 if arguments.quick else 3
        self.binary = pathlib.Path(arguments.build).resolve() / "bin/dealog"
        self.inside = pathlib.Path(arguments.build).resolve() / "bin/dealog_bench"
        self.scratch = pathlib.Path(arguments.build).resolve() / "bench-data"
        self.scratch.mkdir(exist_ok=True)
        self.data = pathlib.Path(arguments.data).resolve() if arguments.data else None
        self.verdicts = None

    def measure(self, *arguments):
        output = subprocess.run([self.inside, *map(str, arguments)], capture_output=True, text=True)
        if output.returncode != 0:
            raise RuntimeError(f"dealog_bench {' '.join(map(str, arguments))}: {output.stderr}")
        return json.loads(output.stdout.splitlines()[-1])

    def company(self):
        """The large data set: the demo's."""
        if self.data is None:
            self.data = self.scratch / "company"
            shutil.rmtree(self.data, ignore_errors=True)
            deals, sellers, days = ("5700", "20", "120") if self.quick else ("57000", "60", "250")
            begin = time.monotonic()
            subprocess.run([self.binary, "demo", "--data", self.data, "--deals", deals, "--sellers", sellers, "--days", days],
                           check=True, stderr=subprocess.DEVNULL)
            print(f"filled in {time.monotonic() - begin:.0f} s", file=sys.stderr)
        return self.data

    # ---- Commands over HTTP, and what they are made of ----

    def commands(self):
        data = self.scratch / "commands"
        shutil.rmtree(data, ignore_errors=True)
        server = serving.Server(self.binary, data)
        server.start()
        deals = self.scratch / "deals.txt"
        serving.make_deals(server, 2000 if self.quick else 10000, deals)
        raw, alone, constant, commands = [], {}, {}, {}
        for round_number in range(self.rounds):
            raw.append(self.measure("raw-sync", self.scratch / "raw", "--seconds", self.seconds))
            for clients in CLIENTS:
                constant.setdefault(clients, []).append(serving.load(server, clients, self.seconds))
                commands.setdefault(clients, []).append(serving.load(server, clients, self.seconds, deals))
                if clients != 8:
                    alone.setdefault(clients, []).append(
                        self.measure("append", self.scratch / "append", "--writers", clients, "--seconds", self.seconds))
        server.stop()
        self.tell_commands(raw, alone, constant, commands)

    def tell_commands(self, raw, alone, constant, commands):
        tell = self.verdicts.tell

        def of(runs, field):
            return median([run[field] for run in runs])

        def rate(runs):
            return f"{of(runs, 'perSecond'):,.0f}/s"

        def times(runs):
            return f"{of(runs, 'usP50'):,.0f} / {of(runs, 'usP95'):,.0f} / {of(runs, 'usP99'):,.0f} µs"

        tell("raw fdatasync of 1 kB", rate(raw))
        tell("raw fdatasync of 1 kB, p50 / p95 / p99", times(raw))
        for writers, runs in alone.items():
            tell(f"append alone, {writers} writers", rate(runs), f"raw fdatasync {rate(raw)}")
            tell(f"append alone, {writers} writers, p50 / p95 / p99", times(runs))
        for clients in CLIENTS:
            tell(f"constant over HTTP, {clients} clients", rate(constant[clients]))
            tell(f"command over HTTP, {clients} clients", rate(commands[clients]))
            tell(f"command over HTTP, {clients} clients, p50 / p95 / p99", times(commands[clients]))

        def share(runs, baseline):
            return median([a["perSecond"] / b["perSecond"] for a, b in zip(runs, baseline)])

        of_constant, of_append = share(commands[64], constant[64]), share(commands[64], alone[64])
        tell("commands as a share of the constant, 64 clients", f"{of_constant:.0%}", rate(constant[64]), "≥ 25 %", of_constant >= 0.25)
        tell("commands as a share of append alone, 64 clients", f"{of_append:.0%}", rate(alone[64]), "≥ 40 %", of_append >= 0.40)
        ratio = median([a["usP50"] / b["usP50"] for a, b in zip(commands[1], raw)])
        tell("one command, p50 against one raw fdatasync", f"{ratio:.1f} ×", f"{of(raw, 'usP50'):.0f} µs", "≤ 3 ×", ratio <= 3)

    # ---- The large data set ----

    def loads(self):
        found = [self.measure("load", self.company(), "--rounds", 2) for _ in range(self.rounds)]
        p50 = median([run["usP50"] for run in found])
        p99 = median([run["usP99"] for run in found])
        read = median([run["readUsP50"] for run in found])
        self.verdicts.tell("load of a deal of 20 events, p50", f"{p50:.1f} µs", f"reading its records {read:.1f} µs", "≤ 50 µs", p50 <= 50)
        self.verdicts.tell("load of a deal of 20 events, p99", f"{p99:.1f} µs")

    def rebuilds(self):
        rates, scans = [], []
        for _ in range(3):
            scan = self.measure("scan", self.company())
            scans.append(scan["perSecond"])
            output = subprocess.run([self.binary, "rebuild", "all", "--data", self.company()], check=True, capture_output=True, text=True).stdout
            events, seconds = re.search(r"(\d+) events in ([\d.]+) s", output).groups()
            rates.append(int(events) / float(seconds))
        self.verdicts.tell("rebuild of all projections", f"{median(rates):,.0f} events/s", f"bare scan {median(scans):,.0f} events/s",
                           "≥ 60,000 events/s", median(rates) >= 60_000)

    def past(self):
        runs = [self.measure("past", self.company(), "--questions", 500, "--seed", seed) for seed in range(1, self.rounds + 1)]
        for name, field in (("board", "board"), ("day list", "day")):
            for percent, budget in ((50, 3), (99, 10)):
                now = median([run[f"{field}NowP{percent}"] for run in runs])
                then = median([run[f"{field}PastP{percent}"] for run in runs])
                ratio = median([run[f"{field}PastP{percent}"] / run[f"{field}NowP{percent}"] for run in runs])
                self.verdicts.tell(f"{name} as of a random position, p{percent}", f"{then:,.0f} µs = {ratio:.1f} ×", f"now {now:,.0f} µs",
                                   f"≤ {budget} ×", ratio <= budget)

    def weights(self):
        found, scan = self.measure("weigh", self.company()), self.measure("scan", self.company())
        events = scan["events"]
        log = sum(size for name, size in found.items() if name.startswith("log/"))
        history = sum(size for name, size in found.items() if name.endswith(".history"))
        rows = sum(size for name, size in found.items() if name.startswith("projections/")) - history
        tell = self.verdicts.tell
        tell("a record as stored, before compression", f"{scan['bytes'] / events:.0f} B/event")
        tell("log on disk", f"{log / events:.0f} B/event", ", ".join(
            f"{family.split('/')[1]} {size / events:.0f}" for family, size in found.items() if family.startswith("log/") and size > events))
        tell("rows on disk", f"{rows / events:.0f} B/event")
        tell("history on disk", f"{history / events:.0f} B/event")

    def serving_all(self):
        """Memory while serving, and starts after a stop and after a kill while commands were written."""
        server = serving.Server(self.binary, self.company())
        deals = self.scratch / "open.txt"
        stopped, killed, resident = [], [], []
        server.start()
        serving.open_deals(server, 5000, deals)
        server.stop()
        for _ in range(self.rounds):
            stopped.append(server.start())
            for _ in range(50):
                server.ask("GET", "/v1/pipelines/sales/board")
                server.ask("GET", "/v1/deals?pageSize=100")
            serving.load(server, 8, self.seconds, deals)
            position = int(server.ask("GET", "/v1/head")["position"])
            resident.append(server.resident_bytes())
            server.kill()
            killed.append(server.start())
            if int(server.ask("GET", "/v1/head")["position"]) < position:
                raise RuntimeError("an acknowledged event is gone")
            server.stop()
        tell = self.verdicts.tell
        tell("memory while serving (RSS)", f"{median(resident) / 2**20:.0f} MiB")
        tell("start after kill -9, until /readyz says 200", f"{median(killed):.2f} s", f"after a stop {median(stopped):.2f} s", "≤ 3 s",
             median(killed) <= 3)

    def describe(self):
        commit = subprocess.run(["git", "-C", FOLDER, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
        model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
        print(f"commit {commit}, {os.cpu_count()} × {model.group(1) if model else platform.machine()}, Linux {platform.release()}, "
              f"load {os.getloadavg()[0]:.1f}, {'QUICK: about 100 k events' if self.quick else 'full: about 1 M events'}, "
              f"medians of {self.rounds} alternating runs")

    def run(self, parts):
        self.describe()
        if shutil.which("wrk") is None:
            sys.exit("wrk is not installed: make setup-test")
        self.verdicts = Verdicts()
        for part in parts:
            getattr(self, part)()
        print(f"load at the end {os.getloadavg()[0]:.1f}")
        return self.verdicts.close()


def main():
    parts = ["commands", "loads", "rebuilds", "past", "weights", "serving_all"]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--quick", action="store_true", help="100 k events and fewer rounds")
    parser.add_argument("--data", help="a data set that is there, instead of a new one; it is written to")
    parser.add_argument("--only", action="append", choices=parts)
    arguments = parser.parse_args()
    sys.exit(Bench(arguments).run(arguments.only or parts))


if __name__ == "__main__":
    main()
