#!/usr/bin/env bash
# Compiles every header of the tree by itself. Arguments: the compiler, the folder of generated headers, and perhaps headers
# (else all).
set -uo pipefail
cd "$(dirname "$0")/.."
compiler=$1 generated=$2
shift 2
headers=("$@")
if [ $# -eq 0 ]; then
  mapfile -t headers < <(find . \( -path ./build -o -path ./.git \) -prune -o -name '*.hpp' -printf '%P\n' | sort)
fi
[ ${#headers[@]} -gt 0 ] || { echo "no headers" >&2; exit 1; }
flags="-std=c++20 -fsyntax-only -I. -isystem $generated -DSPDLOG_FMT_EXTERNAL -DSPDLOG_COMPILED_LIB"
# The header is included, not compiled as a main file, so that #pragma once is at home.
printf '%s\n' "${headers[@]}" | xargs -P "${JOBS:-2}" -I{} sh -c \
  "printf '#include \"%s\"\n' '{}' | $compiler $flags -x c++ - || { echo 'alone it does not compile: {}' >&2; exit 1; }" || exit 1
echo "${#headers[@]} headers compile by themselves"
