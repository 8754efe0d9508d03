"""The synthetic twin of the sales set: figures equal those that sqlite3 computes; also after kill -9 and a rebuild."""
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import twin  # noqa: E402
from figures_check import FiguresCheck  # noqa: E402
from harness import Server, run  # noqa: E402
from sales_set import SalesSet  # noqa: E402


class Twin(unittest.TestCase):
    def test_figures_equal_the_reference_live_after_a_kill_and_rebuilt(self):
        with tempfile.TemporaryDirectory() as folder, Server() as server:
            twin.make(folder)
            sales, expected = SalesSet(folder), json.loads((pathlib.Path(folder) / "expected.json").read_text())
            sales.prepare(server.client())
            _, _, position = sales.load(server)
            live = FiguresCheck(self, server.client(), position, expected).all()
            self.assertGreater(live, 900)
            server.kill()
            server.start()
            self.assertEqual(FiguresCheck(self, server.client(), position, expected).all(), live)
            self.assertEqual(server.stop(), 0)
            rebuilt = run("rebuild", "all", "--data", server.data)
            self.assertEqual(rebuilt.returncode, 0, rebuilt.stderr)
            server.start()
            self.assertEqual(FiguresCheck(self, server.client(), position, expected).all(), live)


if __name__ == "__main__":
    unittest.main(verbosity=2)
