"""Storage faults under the built binary. For each: refused with a reason and the directory bit-identical, or fenced with
reads going on; never a shorter or another history than what was acknowledged."""
import hashlib
import http.client
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from harness import BIN, Server, run, wait_until  # noqa: E402

EIO_RUNS = 20


def fingerprint(folder):
    """Every file's name, size and content."""
    digest = hashlib.sha256()
    for path in sorted(pathlib.Path(folder).rglob("*")):
        digest.update(str(path.relative_to(folder)).encode())
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


class Books:
    """What was acknowledged, and what may or may not have been written."""

    def __init__(self):
        self.acknowledged, self.unknown = {}, {}

    def write(self, client, name=None):
        """One command; its answer, or None when the connection broke."""
        key, body = str(uuid.uuid4()), {"name": name or f"Company {len(self.acknowledged)}"}
        self.unknown[key] = body
        try:
            answer = client.post("/v1/companies", body, key)
        except (OSError, http.client.HTTPException):
            return None
        if answer.status == 201:
            self.acknowledged[key] = (body, answer.json)
            del self.unknown[key]
        elif answer.code != "outcome_unknown":
            del self.unknown[key]
        return answer

    def audit(self, case, server):
        """After a restart: the acknowledged answers as they were, the unknown ones settled by their key."""
        client = server.client()
        for key, (body, answer) in self.acknowledged.items():
            case.assertEqual(client.post("/v1/companies", body, key).json, answer)
        for key, body in self.unknown.items():
            answer = client.post("/v1/companies", body, key)
            case.assertEqual(answer.status, 201, answer)
            self.acknowledged[key] = (body, answer.json)
        self.unknown = {}
        head = int(client.must_get("/v1/head")["position"])
        seen, after = [], 0
        while after < head:
            page = client.must_get("/v1/events", after=after, limit=1000)["events"]
            seen += [int(event["position"]) for event in page]
            after = seen[-1]
        case.assertEqual(seen, list(range(1, head + 1)))


@unittest.skipUnless(shutil.which("strace"), "strace is not installed")
class FailingSync(unittest.TestCase):
    def test_a_failed_fdatasync_fences_at_every_place(self):
        ends = []
        for when in range(1, EIO_RUNS + 1):
            with self.subTest(when=when):
                ends.append(self.one(when))
        print(f"faults: {ends.count('fenced')} of {EIO_RUNS} runs fenced, {ends.count('refused')} refused at the start", file=sys.stderr)
        self.assertEqual(ends.count("fenced") + ends.count("refused"), EIO_RUNS, ends)
        self.assertGreaterEqual(ends.count("fenced"), 5, ends)

    def one(self, when):
        with Server() as server:
            books = Books()
            for _ in range(3):
                books.write(server.client())
            self.assertEqual(server.stop(), 0)
            server.wrapper = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync",
                              "-e", f"inject=fdatasync:error=EIO:when={when}"]
            try:
                server.start()
            except RuntimeError:
                end = "refused"   # the fault hit the start
            else:
                end = self.write_until_fenced(server, books)
                self.kill_traced(server)
            server.wrapper = []
            server.start()
            books.audit(self, server)
            self.assertEqual(books.write(server.client()).status, 201)
            self.assertEqual(server.stop(), 0)
            verified = run("verify", "--data", server.data)
            self.assertEqual(verified.returncode, 0, verified.stdout)
            return end

    def kill_traced(self, server):
        """The server is the child of the tracer; its end is waited for, since it holds the lock until then."""
        traced = subprocess.run(["pgrep", "-P", str(server.process.pid)], capture_output=True, text=True).stdout.split()
        for pid in traced:
            os.kill(int(pid), 9)
        server.kill()
        wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in traced), what="the end of the server")

    def write_until_fenced(self, server, books):
        client = server.client()
        for _ in range(60):
            answer = books.write(client)
            if answer is not None and answer.status == 503:
                self.assertIn(answer.code, ("outcome_unknown", "store_fenced"))
                self.assertIn("retry-after", answer.headers)
                later = books.write(client)
                self.assertEqual((later.status, later.code), (503, "store_fenced"), later)
                self.assertEqual(client.get("/v1/events", limit=1000).status, 200, "reads go on")
                # strace counts per thread, so the projections' store meets its own fault: it opens itself again.
                wait_until(lambda: client.get("/v1/companies").status == 200, what="reads of projections")
                self.assertEqual(server.client(None).get("/readyz").status, 503)
                return "fenced"
        return "unreached"


class Damage(unittest.TestCase):
    def grown(self, server, commands=120):
        """A workspace with something in SST files and something in the WAL, killed."""
        books = Books()
        for _ in range(commands):
            books.write(server.client())
        server.kill()
        server.start()   # recovery writes what was replayed into SST files
        for _ in range(commands):
            books.write(server.client())
        server.kill()
        return books

    def log_files(self, server, pattern):
        return sorted((server.data / "log").glob(pattern), key=lambda path: path.stat().st_mtime)

    def judge(self, server, books, what):
        """Refused at open with the directory as it was, or open with the whole history."""
        before = fingerprint(server.data)
        started = subprocess.run([BIN, "verify", "--data", str(server.data)], capture_output=True, text=True)
        self.assertEqual(fingerprint(server.data), before, f"{what}: verify changed the directory")
        try:
            server.start()
        except RuntimeError as refusal:
            self.assertEqual(fingerprint(server.data), before, f"{what}: a refused directory was changed")
            said = str(refusal)
            self.assertEqual(server.process.returncode, 1, f"{what}: not refused but crashed: {said[:600]}")
            self.assertRegex(said, r"dealog: .*;", f"{what}: no reason and remedy: {said[:600]}")
            return "refused"
        client = server.client()
        head = client.get("/v1/head")
        expected = max(int(answer["position"]) for _, answer in books.acknowledged.values())
        self.assertGreaterEqual(int(head.json["position"]), expected, f"{what}: acknowledged events are gone")
        after = 0
        while after < expected:
            page = client.get("/v1/events", after=after, limit=100)
            if page.status != 200:
                self.assertGreaterEqual(page.status, 500)
                server.kill()
                return "typed error"
            positions = [int(event["position"]) for event in page.json["events"]]
            self.assertEqual(positions[0], after + 1, f"{what}: a hole was served")
            self.assertEqual(positions, list(range(positions[0], positions[-1] + 1)), what)
            after = positions[-1]
        server.kill()
        return "unaffected"

    def flip(self, path, chance):
        data = bytearray(path.read_bytes())
        place = chance.randrange(len(data) // 8, len(data) * 7 // 8) if len(data) > 64 else len(data) // 2
        data[place] ^= 1 << chance.randrange(8)
        path.write_bytes(data)

    def test_one_flipped_bit(self):
        chance, outcomes = random.Random(11), {}
        for kind, pattern in (("WAL", "*.log"), ("SST", "*.sst"), ("MANIFEST", "MANIFEST-*")):
            for attempt in range(4):
                with self.subTest(kind=kind, attempt=attempt), Server() as server:
                    books = self.grown(server)
                    files = [f for f in self.log_files(server, pattern) if f.stat().st_size > 0]
                    self.flip(max(files, key=lambda f: f.stat().st_size), chance)
                    outcome = self.judge(server, books, kind)
                    outcomes.setdefault(kind, []).append(outcome)
        print(f"faults: {outcomes}", file=sys.stderr)
        self.assertIn("refused", outcomes["WAL"] + outcomes["MANIFEST"])

    def test_the_newest_wal_is_gone_or_empty(self):
        for how in ("deleted", "emptied"):
            with self.subTest(how=how), Server() as server:
                books = self.grown(server)
                wal = self.log_files(server, "*.log")[-1]
                wal.unlink() if how == "deleted" else wal.write_bytes(b"")
                self.assertEqual(self.judge(server, books, how), "refused")

    def test_a_torn_tail_that_nobody_was_told_of_opens(self):
        with Server() as server:
            books = self.grown(server)
            wal = self.log_files(server, "*.log")[-1]
            with open(wal, "ab") as file:
                file.write(os.urandom(37))
            server.start()
            books.audit(self, server)

    def test_a_copied_directory_is_refused_and_left_alone_until_it_is_adopted(self):
        with Server() as server, tempfile.TemporaryDirectory() as folder:
            books = Books()
            books.write(server.client())
            self.assertEqual(server.stop(), 0)
            copy = pathlib.Path(folder) / "copy"
            subprocess.run(["cp", "-a", str(server.data), str(copy)], check=True)
            before = fingerprint(copy)
            said = run("serve", "--data", copy, "--listen", "127.0.0.1:0")
            self.assertEqual(said.returncode, 1)
            self.assertIn("`dealog adopt --new-epoch`", said.stderr)
            self.assertEqual(run("adopt", "--data", copy).returncode, 2)
            self.assertEqual(fingerprint(copy), before)
            adopted = run("adopt", "--new-epoch", "--data", copy)
            self.assertEqual(adopted.returncode, 0, adopted.stderr)
            with Server(data=copy) as moved:
                self.assertEqual(moved.client().must_get("/v1/head")["epoch"], 2)
                books.audit(self, moved)
                self.assertEqual(len(moved.client().must_get("/v1/companies")["companies"]), 1)

    def test_a_second_process_is_refused(self):
        with Server() as server:
            said = run("serve", "--data", server.data, "--listen", "127.0.0.1:0")
            self.assertEqual(said.returncode, 1, said.stderr)
            self.assertEqual(Books().write(server.client()).status, 201)

    def test_an_unknown_format_version_is_refused(self):
        with Server() as server:
            Books().write(server.client())
            self.assertEqual(server.stop(), 0)
            identity = server.data / "identity"
            text = identity.read_text()
            changed = re.sub(r'(format\w*["\s:=]+)(\d+)', lambda m: m.group(1) + "999", text, count=1)
            self.assertNotEqual(changed, text, text)
            identity.write_text(changed)
            before = fingerprint(server.data)
            said = run("serve", "--data", server.data, "--listen", "127.0.0.1:0")
            self.assertEqual(said.returncode, 1)
            self.assertEqual(fingerprint(server.data), before)

    def test_lost_keys_are_refused(self):
        with Server() as server:
            Books().write(server.client())
            self.assertEqual(server.stop(), 0)
            (server.data / "master.key").rename(server.data / "elsewhere.key")
            said = run("serve", "--data", server.data, "--listen", "127.0.0.1:0")
            self.assertEqual(said.returncode, 1)
            self.assertFalse((server.data / "master.key").exists(), "another master key was made")
            said = run("serve", "--data", server.data, "--master-key", server.data / "nowhere", "--listen", "127.0.0.1:0")
            self.assertEqual(said.returncode, 1)

    def test_projections_that_do_not_open_are_set_aside_and_built_anew(self):
        with Server() as server:
            books = self.grown(server, 40)
            for path in (server.data / "projections").rglob("MANIFEST-*"):
                path.write_bytes(b"rubbish")
            server.start()
            position = max(int(answer["position"]) for _, answer in books.acknowledged.values())
            companies = server.client().must_get("/v1/companies", minPosition=position, pageSize=1000)["companies"]
            self.assertEqual(len(companies), len(books.acknowledged))
            self.assertTrue(any("broken" in path.name for path in server.data.iterdir()))


def can_mount():
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder:
        image = pathlib.Path(folder) / "probe.img"
        with open(image, "wb") as file:
            file.truncate(8 << 20)
        made = subprocess.run(["mkfs.ext4", "-q", str(image)], capture_output=True)
        mounted = subprocess.run(["mount", "-o", "loop", str(image), folder], capture_output=True)
        if mounted.returncode == 0:
            subprocess.run(["umount", folder])
        return made.returncode == 0 and mounted.returncode == 0


class FullDisk(unittest.TestCase):
    @unittest.skipUnless(can_mount(), "needs root and loop devices")
    def test_a_full_disk_refuses_writes_and_loses_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            image, disk = pathlib.Path(folder) / "disk.img", pathlib.Path(folder) / "disk"
            disk.mkdir()
            with open(image, "wb") as file:
                file.truncate(64 << 20)
            subprocess.run(["mkfs.ext4", "-q", "-m", "0", str(image)], check=True)
            subprocess.run(["mount", "-o", "loop", str(image), str(disk)], check=True)
            try:
                self.fill(disk)
            finally:
                subprocess.run(["umount", "-l", str(disk)], check=True)

    def fill(self, disk):
        server, books = Server(data=disk / "data"), Books()
        with server:
            for _ in range(50):
                books.write(server.client())
            ballast = disk / "ballast"
            free = os.statvfs(disk)
            with open(ballast, "wb") as file:
                file.write(os.urandom(max(0, free.f_bavail * free.f_frsize - (3 << 20))))
            client = server.client()
            answer = wait_until(lambda: self.refused(books, client), seconds=60, what="the full disk")
            self.assertIn(answer.code, ("outcome_unknown", "store_fenced"))
            self.assertIsNone(server.process.poll(), "the process died of the full disk")
            self.assertEqual(client.get("/v1/events", limit=1000).status, 200, "reads go on")
            server.kill()
            ballast.unlink()
            server.start()
            books.audit(self, server)
            self.assertEqual(books.write(server.client()).status, 201)
            self.assertEqual(server.stop(), 0)
            self.assertEqual(run("verify", "--data", server.data).returncode, 0)

    def refused(self, books, client):
        for _ in range(50):
            answer = books.write(client, "x" * 190)
            if answer is not None and answer.status == 503:
                return answer
        return None


if __name__ == "__main__":
    unittest.main(verbosity=2)
