#!/usr/bin/env bash
# Serves a demo company from a data directory; fills it first when it is new. Prints URL and key.
set -euo pipefail
dealog=$1 data=$2 listen=$3
if [ ! -e "$data/identity" ]; then
  "$dealog" demo --data "$data"
fi
echo
echo "  URL   http://$listen"
echo "  Key   $(cat "$data/admin.key")"
echo "  Try   curl -H \"Authorization: Bearer \$(cat $data/admin.key)\" http://$listen/v1/pipelines/sales/board"
echo
exec "$dealog" serve --data "$data" --listen "$listen"
