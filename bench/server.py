"""A served data directory and the load on it."""
import http.client
import json
import os
import pathlib
import select
import signal
import subprocess
import time
import uuid

START_DEADLINE_S = 120


class Server:
    """`dealog serve` on a directory. Its log goes to <data>.serve.log."""

    def __init__(self, binary, data):
        self.binary, self.data = binary, pathlib.Path(data)
        self.process = None

    def start(self):
        """Answers the seconds until /readyz said 200."""
        begin = time.monotonic()
        with open(f"{self.data}.serve.log", "ab") as log:
            self.process = subprocess.Popen([self.binary, "serve", "--data", str(self.data), "--listen", "127.0.0.1:0"],
                                            stdout=subprocess.PIPE, stderr=log)
        if not select.select([self.process.stdout], [], [], START_DEADLINE_S)[0]:
            raise RuntimeError("the server did not say where it listens")
        line = self.process.stdout.readline().decode()
        while line and "serving http://" not in line:   # a new workspace tells its key first
            line = self.process.stdout.readline().decode()
        if not line:
            raise RuntimeError(f"the server did not start; see {self.data}.serve.log")
        self.port = int(line.strip().rsplit(":", 1)[1])
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
            connection.request("GET", "/readyz")
            status = connection.getresponse().status
            connection.close()
            if status == 200:
                return time.monotonic() - begin
            if time.monotonic() - begin > START_DEADLINE_S:
                raise RuntimeError("the server is not ready")
            time.sleep(0.002)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(120)

    def kill(self):
        self.process.kill()
        self.process.wait(120)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def key(self):
        return (self.data / "admin.key").read_text().strip()

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Authorization": f"Bearer {self.key}"}
        if body is not None:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        connection.request(method, path, body=json.dumps(body) if body is not None else None, headers=headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status not in (200, 201):
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]}")
        return json.loads(text)

    def resident_bytes(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no VmRSS")


def load(server, clients, seconds, deals=None):
    """wrk against the constant, or with commands on these deals (a file of ids)."""
    folder = pathlib.Path(__file__).parent
    environment = dict(os.environ)
    script, path = "constant.lua", "/livez"
    if deals:
        script, path = "commands.lua", "/"
        environment |= {"DEALS": str(deals), "KEY": server.key, "RUN": uuid.uuid4().hex}
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--latency", "-s", str(folder / script), server.url + path]
    output = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    found = json.loads(next(line for line in output.splitlines() if line.startswith("JSON "))[5:])
    if found["refused"] or found["broken"]:
        raise RuntimeError(f"{found['refused']} requests were refused, {found['broken']} broke: the figure would be none")
    return found


def make_deals(server, count, file):
    """Opens deals for one seller, a thousand a batch, and writes their ids."""
    seller = server.ask("POST", "/v1/sellers", {"name": "Bench", "roles": ["CLOSER"]})["id"]
    ids = []
    for begin in range(0, count, 500):
        commands = [{"path": "/v1/deals", "body": {"title": f"annual supply no. {n}", "ownerId": seller,
                                                   "value": {"currencyCode": "RUB", "units": "150000"}}}
                    for n in range(begin, min(count, begin + 500))]
        ids += [result["id"] for result in server.ask("POST", "/v1/batch", {"commands": commands})["results"]]
    file.write_text("\n".join(ids) + "\n")


def open_deals(server, count, file):
    """Writes the ids of deals that are open."""
    ids, token = [], ""
    while len(ids) < count:
        page = server.ask("GET", f"/v1/deals?status=OPEN&pageSize=1000&pageToken={token}")
        ids += [deal["id"] for deal in page.get("deals", [])]
        token = page.get("nextPageToken", "")
        if not token:
            break
    file.write_text("\n".join(ids[:count]) + "\n")
