#!/usr/bin/env bash
# usage: bench/run.sh BUILD_DIRECTORY [--quick] [--data DIR] [--only PART]...
# Prints measured, baseline, budget and verdict of every figure; exit 1 on a missed budget.
set -euo pipefail
build=$1
shift
exec python3 "$(dirname "$0")/run.py" --build "$build" "$@"
