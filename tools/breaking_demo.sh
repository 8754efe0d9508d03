#!/usr/bin/env bash
# Shows that the contract check can fail: renumbers one field of an event in a copy and expects `buf breaking` to refuse.
set -euo pipefail
cd "$(dirname "$0")/.."
buf=${1:-build/tools/node_modules/.bin/buf}
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -co --exclude-standard '*.proto' buf.yaml | tar -cT - | tar -x -C "$copy"
before='string stage = 6;'
grep -q "$before" "$copy/domain/deal/deal.proto" || { echo "the field to renumber is not there any more" >&2; exit 1; }
sed -i '0,/string stage = 6;/s//string stage = 60;/' "$copy/domain/deal/deal.proto"
if (cd "$copy" && "$buf" breaking --against "$OLDPWD/tests/contract/published.binpb" > "$copy/said"); then
  echo "buf breaking accepted a renumbered field" >&2
  exit 1
fi
echo "refused, as it must be:"
cat "$copy/said"
