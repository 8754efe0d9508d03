"""The Maven CRM set goes in through the public API; the figures are those of its reference, exactly.

DEALOG_MAVEN_DIR names the set's folder; without it the case is skipped and counted as such.
"""
import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from figures_check import FiguresCheck  # noqa: E402
from harness import Server, run  # noqa: E402
from sales_set import SalesSet  # noqa: E402

FOLDER = os.environ.get("DEALOG_MAVEN_DIR", "")
SECONDS_MAX = 20


class Maven(unittest.TestCase):
    @unittest.skipUnless(FOLDER, "DEALOG_MAVEN_DIR is not set")
    def test_figures_equal_the_reference(self):
        sales = SalesSet(FOLDER)
        expected = json.loads((pathlib.Path(FOLDER) / "expected.json").read_text())
        with Server() as server:
            sales.prepare(server.client())
            count, seconds, position = sales.load(server)
            print(f"maven: {count} commands in {seconds:.1f} s", file=sys.stderr)
            self.assertEqual(count, 15511)
            compared = FiguresCheck(self, server.client(), position, expected).all()
            print(f"maven: {compared} figures equal", file=sys.stderr)
            self.assertGreater(compared, 1000)
            self.assertLessEqual(seconds, SECONDS_MAX, "15,511 synced commands take too long")
            self.assertEqual(server.stop(), 0)
            verified = run("verify", "--data", server.data)
            self.assertEqual(verified.returncode, 0, verified.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
