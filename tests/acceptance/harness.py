"""Drives the built binary from outside. Standard library only.

DEALOG_BIN names the binary (ctest sets it). Each Server has a data directory of its own.
"""
import http.client
import json
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.parse
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = os.environ.get("DEALOG_BIN", str(ROOT / "build/release/bin/dealog"))
START_DEADLINE_S = 60


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {k.lower(): v for k, v in headers}
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """The problem's code, or None."""
        try:
            return self.json.get("code")
        except (ValueError, AttributeError):
            return None

    def __repr__(self):
        return f"{self.status} {self.body[:600]!r}"


class Client:
    """One keep-alive connection with one key. Not thread-safe."""

    def __init__(self, host, port, key=None):
        self.host, self.port, self.key = host, port, key
        self.connection = None

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None

    def request(self, method, path, body=None, headers=None, raw=False):
        headers = dict(headers or {})
        if self.key is not None:
            headers.setdefault("Authorization", f"Bearer {self.key}")
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        for attempt in (1, 2):
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
            try:
                self.connection.request(method, path, body=data, headers=headers)
                response = self.connection.getresponse()
                answer = Answer(response.status, response.getheaders(), response.read())
                if response.will_close:
                    self.close()
                return answer
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self.close()
                # A kept-alive connection may be closed under us; a write is repeated with the same key, so this is safe.
                if attempt == 2 or (method == "POST" and "Idempotency-Key" not in headers):
                    raise

    def get(self, path, **params):
        if params:
            path += "?" + urllib.parse.urlencode(params, doseq=True)
        return self.request("GET", path)

    def post(self, path, body, key=None, headers=None):
        headers = dict(headers or {})
        headers.setdefault("Idempotency-Key", key or str(uuid.uuid4()))
        return self.request("POST", path, body, headers)

    def must_post(self, path, body, key=None):
        answer = self.post(path, body, key)
        assert answer.status in (200, 201), f"{path} {json.dumps(body)[:300]}: {answer}"
        return answer.json

    def must_get(self, path, **params):
        answer = self.get(path, **params)
        assert answer.status == 200, f"{path} {params}: {answer}"
        return answer.json


class Server:
    """The binary, serving a directory. Use as a context manager."""

    def __init__(self, data=None, environment=None, arguments=(), wrapper=()):
        self.own = data is None
        self.data = pathlib.Path(data or tempfile.mkdtemp(prefix="dealog-acceptance-"))
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("DEALOG_")}
        self.environment.update(environment or {})
        self.arguments, self.wrapper = list(arguments), list(wrapper)
        self.process = None
        self.log = b""

    def start(self):
        command = self.wrapper + [BIN, "serve", "--data", str(self.data), "--listen", "127.0.0.1:0"] + self.arguments
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment)
        drain = threading.Thread(target=self._drain, args=(self.process.stderr,), daemon=True)
        drain.start()
        self.drain = drain
        self.host, self.port = self._address()
        threading.Thread(target=self._drain_quietly, args=(self.process.stdout,), daemon=True).start()
        return self

    def _address(self):
        deadline, text = time.monotonic() + START_DEADLINE_S, b""
        while time.monotonic() < deadline:
            if select.select([self.process.stdout], [], [], 0.2)[0]:
                chunk = os.read(self.process.stdout.fileno(), 65536)
                if not chunk:
                    break
                text += chunk
                found = re.search(rb"serving http://([^\s:]+):(\d+)", text)
                if found:
                    return found.group(1).decode(), int(found.group(2))
        if self.process.poll() is None and time.monotonic() >= deadline:
            self.process.kill()
        self.process.wait()
        self.drain.join(10)   # its last words
        raise RuntimeError(f"the server did not start, exit code {self.process.returncode}: {text!r}\n"
                           f"{self.log.decode(errors='replace')[-4000:]}")

    def _drain(self, stream):
        for chunk in iter(lambda: os.read(stream.fileno(), 65536), b""):
            self.log += chunk

    def _drain_quietly(self, stream):
        for _ in iter(lambda: os.read(stream.fileno(), 65536), b""):
            pass

    @property
    def admin_key(self):
        return (self.data / "admin.key").read_text().strip()

    def client(self, key="admin"):
        return Client(self.host, self.port, self.admin_key if key == "admin" else key)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """Asks politely; answers the exit code."""
        self.process.terminate()
        return self.process.wait(timeout=30)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.own:
            shutil.rmtree(self.data, ignore_errors=True)


def run(*arguments, **options):
    """Runs a verb of the command line to its end."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DEALOG_")}
    environment.update(options.pop("environment", {}))
    return subprocess.run([BIN, *map(str, arguments)], capture_output=True, text=True, env=environment, timeout=300, **options)


def wait_until(condition, seconds=10, what="the condition"):
    """Polls with a deadline; the condition's value once it is truthy."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true within {seconds} s")
        time.sleep(0.01)


def in_future(**delta):
    import datetime
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**delta)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def tomorrow():
    return in_future(days=1)
