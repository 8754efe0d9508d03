#!/usr/bin/env python3
"""The arrows of ARCHITECTURE.md, held against the includes of a tree.

usage: arrows.py ROOT            exit 1 and one line for each forbidden include
       arrows.py --self-test     builds a fixture for every forbidden arrow and library; exit 1 unless each is caught
"""
import pathlib
import re
import sys
import tempfile

MODULES = ["base", "domain", "eventstore", "commands", "projections", "processes", "bus", "gateway", "app"]

MAY_INCLUDE = {
    "base": set(),
    "domain": {"base"},
    "eventstore": {"base"},
    "commands": {"base", "domain", "eventstore"},
    "projections": {"base", "domain", "eventstore"},
    "processes": {"base", "domain", "eventstore", "commands", "projections"},
    "bus": {"base", "eventstore", "projections"},
    "gateway": {"base", "domain", "eventstore", "commands", "projections"},
    "app": set(MODULES),
}

# library: (pattern of the include, folders that may use it)
LIBRARIES = {
    "RocksDB": (r"rocksdb/", ["eventstore/", "projections/engine/"]),
    "Beast": (r"boost/beast", ["gateway/server/"]),
    "librdkafka": (r"librdkafka/", ["bus/kafka/"]),
    "Asio": (r"boost/asio", ["gateway/", "app/"]),
    "nlohmann": (r"nlohmann/", ["gateway/", "app/", "bus/", "eventstore/"]),
}

# Heavy headers stay out of headers.
HEAVY = r"rocksdb/|boost/beast|nlohmann/json\.hpp"

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)
IMPORT = re.compile(r'^\s*import\s+(?:public\s+)?"([^"]+)"', re.M)
SOURCES = {".cpp", ".hpp", ".proto"}


def problems(root: pathlib.Path):
    for module in MODULES:
        for path in sorted((root / module).rglob("*")):
            if path.suffix not in SOURCES:
                continue
            name = path.relative_to(root).as_posix()
            pattern = IMPORT if path.suffix == ".proto" else INCLUDE
            for target in pattern.findall(path.read_text()):
                head = target.split("/")[0]
                if head in MODULES and head != module and head not in MAY_INCLUDE[module]:
                    yield f"{name}: {module} may not include {target}"
                for library, (expression, allowed) in LIBRARIES.items():
                    if re.match(expression, target) and not any(name.startswith(a) for a in allowed):
                        yield f"{name}: {library} ({target}) belongs into {', '.join(allowed)}"
                if path.suffix == ".hpp" and re.match(HEAVY, target):
                    yield f"{name}: {target} is too heavy for a header"


def self_test() -> int:
    cases = []
    for module in MODULES:
        for other in MODULES:
            if other != module and other not in MAY_INCLUDE[module]:
                cases.append((f"{module}/x.cpp", f'#include "{other}/y.hpp"\n'))
                cases.append((f"{module}/x.proto", f'import "{other}/y.proto";\n'))
    for sample in ["rocksdb/db.h", "boost/beast/http.hpp", "librdkafka/rdkafka.h", "boost/asio.hpp", "nlohmann/json.hpp"]:
        cases.append(("domain/x.cpp", f"#include <{sample}>\n"))
    cases += [("commands/x.cpp", "#include <rocksdb/db.h>\n"), ("projections/kpis/x.cpp", "#include <rocksdb/db.h>\n"),
              ("gateway/x.cpp", "#include <boost/beast/http.hpp>\n"), ("app/x.cpp", "#include <boost/beast/http.hpp>\n"),
              ("eventstore/x.cpp", "#include <boost/asio.hpp>\n"), ("bus/webhooks/x.cpp", "#include <librdkafka/rdkafka.h>\n"),
              ("eventstore/x.hpp", "#include <rocksdb/db.h>\n"), ("gateway/x.hpp", "#include <nlohmann/json.hpp>\n")]
    missed = 0
    for name, text in cases:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / name).parent.mkdir(parents=True)
            (root / name).write_text(text)
            if not list(problems(root)):
                print(f"not caught: {name}: {text.strip()}")
                missed += 1
    allowed = [("commands/x.cpp", '#include "domain/deal/deal.hpp"\n'), ("gateway/server/x.cpp", "#include <boost/beast/http.hpp>\n"),
               ("projections/engine/x.cpp", "#include <rocksdb/db.h>\n")]
    for name, text in allowed:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / name).parent.mkdir(parents=True)
            (root / name).write_text(text)
            for problem in problems(root):
                print(f"wrongly refused: {problem}")
                missed += 1
    print(f"{len(cases)} forbidden arrows, {missed} not as expected")
    return 1 if missed else 0


def main() -> int:
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    found = list(problems(pathlib.Path(sys.argv[1])))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
