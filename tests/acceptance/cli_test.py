"""The command line from outside: import, events, rebuild, verify, apikeys, demo, configuration."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import BIN, Server, run, wait_until  # noqa: E402


class CommandLine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        cls.root = cls.server.client()
        cls.seller = cls.root.must_post("/v1/sellers", {"name": "Ada", "roles": ["CLOSER"], "externalId": "ada"})["id"]
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="dealog-cli-"))

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def remote(self, *arguments, **options):
        return run(*arguments, "--url", f"http://127.0.0.1:{self.server.port}", "--data", self.server.data, **options)

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def head(self):
        return int(self.root.must_get("/v1/head")["position"])

    def commands(self, count, tag):
        lines = [{"path": "/v1/companies", "body": {"name": f"{tag} {i}", "externalId": f"{tag}-{i}"}} for i in range(count)]
        lines += [{"path": "/v1/deals", "body": {"title": f"Order of {tag} {i}", "ownerId": "ext:ada", "companyId": f"ext:{tag}-{i}"}}
                  for i in range(count)]
        return "".join(json.dumps(line) + "\n" for line in lines)

    def companies(self, tag):
        page = self.root.must_get("/v1/companies", q=tag, pageSize=1000, minPosition=self.head())
        return [c for c in page["companies"] if c["externalId"].startswith(tag + "-")]

    def test_import_of_ndjson_and_again_changes_nothing(self):
        file = self.file("n.ndjson", self.commands(300, "alpha"))
        done = self.remote("import", file)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("600 accepted, 0 refused", done.stderr)
        self.assertEqual(len(self.companies("alpha")), 300)
        head = self.head()
        self.assertEqual(self.remote("import", file).returncode, 0)
        self.assertEqual(self.head(), head, "the same file twice wrote something")

    def test_import_killed_in_the_middle_is_resumed_without_loss_or_doubles(self):
        file = self.file("k.ndjson", self.commands(2000, "beta"))
        command = [BIN, "import", str(file), "--batch", "20", "--url", f"http://127.0.0.1:{self.server.port}", "--data", str(self.server.data)]
        before = self.head()
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        wait_until(lambda: self.head() > before + 400, what="the import to be in the middle")
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assertEqual(self.remote("import", file, "--batch", 20).returncode, 0)
        self.assertEqual(self.head() - before, 2000 + 2 * 2000, "one event a company, two a deal")

    def test_dry_run_writes_nothing_and_says_what_would_be_refused(self):
        good = self.file("d.ndjson", self.commands(5, "gamma"))
        head = self.head()
        done = self.remote("import", "--dry-run", good)
        self.assertEqual(done.returncode, 0, done.stderr)
        bad = self.file("e.ndjson", json.dumps({"path": "/v1/deals", "body": {"title": "Lost", "ownerId": "ext:nobody"}}) + "\nrubbish\n")
        done = self.remote("import", "--dry-run", "--keep-going", bad)
        self.assertEqual(done.returncode, 1)
        self.assertIn("line 1: unknown_reference", done.stderr)
        self.assertIn("line 2: not a JSON object", done.stderr)
        self.assertEqual(self.head(), head)

    def test_import_of_csv_with_a_mapping(self):
        mapping = self.file("m.toml", 'kind = "contacts"\n[columns]\nexternalId = "id"\n"personal.fullName" = "name"\n'
                                      '"personal.phones[]" = "phone"\n[constants]\nownerId = "ext:ada"\n')
        rows = self.file("c.csv", 'id,name,phone\nc-1,"Lovelace, Ada",+491510000001\nc-2,Bob,+491510000002\nc-3,Eve,rubbish\n')
        done = self.remote("import", rows, "--mapping", mapping, "--keep-going")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("line 4: invalid_field", done.stderr)
        found = self.root.must_get("/v1/contacts", phone="+491510000001", minPosition=self.head())["contacts"]
        self.assertEqual([c["fullName"] for c in found], ["Lovelace, Ada"])

    def test_events(self):
        head = self.head()
        exported = self.remote("events", "export")
        self.assertEqual(exported.returncode, 0, exported.stderr)
        positions = [int(json.loads(line)["position"]) for line in exported.stdout.splitlines()]
        self.assertEqual(positions[:head], list(range(1, head + 1)))
        one = self.remote("events", "get", 1)
        self.assertEqual(json.loads(one.stdout)["position"], "1")
        self.assertEqual(self.remote("events", "get", 10 ** 9).returncode, 1)
        tail = subprocess.Popen([BIN, "events", "tail", "--after", str(head), "--count", "1", "--url",
                                 f"http://127.0.0.1:{self.server.port}", "--data", str(self.server.data)], stdout=subprocess.PIPE, text=True)
        self.root.must_post("/v1/companies", {"name": "Seen by the tail"})
        said, _ = tail.communicate(timeout=20)
        self.assertEqual(int(json.loads(said)["position"]), head + 1)

    def test_api_keys(self):
        issued = self.remote("apikeys", "issue", "--seller", "ext:ada")
        self.assertEqual(issued.returncode, 0, issued.stderr)
        key = json.loads(issued.stdout)
        client = self.server.client(key["secret"])
        self.assertEqual(client.must_get("/v1/me")["sellerId"], self.seller)
        listed = self.remote("apikeys", "list")
        self.assertIn(key["id"], listed.stdout)
        self.assertNotIn(key["secret"], listed.stdout)
        self.assertEqual(self.remote("apikeys", "revoke", key["id"]).returncode, 0)
        self.assertEqual(client.get("/v1/me").status, 401)
        again = self.remote("apikeys", "revoke", key["id"])
        self.assertEqual(again.returncode, 1)
        self.assertIn("key_revoked", again.stderr)

    def test_health(self):
        self.assertEqual(self.remote("health").returncode, 0)
        self.assertEqual(run("health", "--url", "http://127.0.0.1:9").returncode, 1)


class Offline(unittest.TestCase):
    def test_demo_verify_rebuild_and_key_recovery(self):
        with tempfile.TemporaryDirectory() as folder:
            data = pathlib.Path(folder) / "demo"
            made = run("demo", "--data", data, "--deals", 30, "--days", 30)
            self.assertEqual(made.returncode, 0, made.stderr)
            self.assertEqual(run("demo", "--data", data).returncode, 1)
            verified = run("verify", "--data", data)
            self.assertEqual(verified.returncode, 0, verified.stderr)
            self.assertIn("OK: ", verified.stdout)
            for what in ("all", "kpis"):
                rebuilt = run("rebuild", what, "--data", data)
                self.assertEqual(rebuilt.returncode, 0, rebuilt.stderr)
                self.assertIn("events in", rebuilt.stdout)
            self.assertEqual(run("rebuild", "nothing", "--data", data).returncode, 2)
            (data / "admin.key").unlink()
            recovered = run("apikeys", "recover", "--data", data)
            self.assertEqual(recovered.returncode, 0, recovered.stderr)
            with Server(data=data) as server:
                self.assertIn("ADMIN", server.client().must_get("/v1/me")["roles"])
                board = server.client().must_get("/v1/pipelines/sales/board")
                self.assertGreater(int(board["count"]), 0)
                self.assertEqual(os.stat(data / "admin.key").st_mode & 0o777, 0o600)
                self.assertEqual(run("verify", "--data", data).returncode, 1, "a served directory was opened")

    def test_every_problem_of_the_configuration_is_listed_at_once(self):
        with tempfile.TemporaryDirectory() as folder:
            config = pathlib.Path(folder) / "dealog.toml"
            config.write_text('listen = "nowhere"\nspeed = 9\n')
            said = run("serve", "--config", config, "--query-threads", "0", environment={"DEALOG_LOG_LEVEL": "loud"})
            self.assertEqual(said.returncode, 2)
            for part in ("4 problem(s)", "dealog.toml:1", "dealog.toml:2", "DEALOG_LOG_LEVEL", "--query-threads"):
                self.assertIn(part, said.stderr)

    def test_usage(self):
        self.assertEqual(run().returncode, 2)
        self.assertEqual(run("nonsense").returncode, 2)
        for verb in ("serve", "import", "events", "rebuild", "verify", "apikeys", "demo", "vault", "health"):
            said = run(verb, "--help")
            self.assertEqual(said.returncode, 0)
            self.assertGreater(len(said.stdout), 100)


if __name__ == "__main__":
    unittest.main(verbosity=2)
