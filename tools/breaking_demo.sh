#!/usr/bin/env bash
# Shows that the contract check can fail: renumbers one field of an event in a copy and expects `buf breaking` to refuse.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
buf=$(realpath "${1:-build/tools/node_modules/.bin/buf}")
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -co --exclude-standard '*.proto' buf.yaml | tar -cT - | tar -x -C "$copy"
cd "$copy"
"$buf" breaking --against "$root/tests/contract/published.binpb"   # the copy as it is passes
sed -i '0,/string stage = 6;/s//string stage = 60;/' domain/deal/deal.proto
grep -q 'string stage = 60;' domain/deal/deal.proto
if "$buf" breaking --against "$root/tests/contract/published.binpb" > said; then
  echo "buf breaking accepted a renumbered field" >&2
  exit 1
fi
grep '"stage"' said
echo "refused, as it must be"
