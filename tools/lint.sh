#!/usr/bin/env bash
# Every check that runs nothing: format, arrows, contract, co_await temporaries, clang-tidy. All of them are run; one
# finding makes it fail. clang-tidy reads what changed against the merge base (LINT_BASE=<commit> to name another), or
# the whole tree with LINT_ALL=1.
set -uo pipefail
cd "$(dirname "$0")/.."
build=build/release
jobs=${JOBS:-2}
failed=()
skipped=()

step() {
  local name=$1
  shift
  if "$@"; then echo "ok       $name"; else echo "FAILED   $name"; failed+=("$name"); fi
}
skip() { echo "skipped  $1: $2"; skipped+=("$1"); }
have() { command -v "$1" >/dev/null; }

sources() {   # NUL-separated, our own only; "$@" are patterns
  if git rev-parse --git-dir >/dev/null 2>&1; then
    git ls-files -z -co --exclude-standard -- "$@" | while IFS= read -r -d '' file; do [ -f "$file" ] && printf '%s\0' "$file"; done
  else
    local names=()
    for pattern in "$@"; do names+=(-o -name "$pattern"); done
    find . -path ./build -prune -o \( "${names[@]:1}" \) -type f -printf '%P\0'
  fi
}

merge_base() {
  if [ -n "${LINT_BASE:-}" ]; then echo "$LINT_BASE"; return; fi
  local head base
  head=$(git rev-parse HEAD)
  base=$(git merge-base HEAD origin/main 2>/dev/null || git merge-base HEAD main)
  # On main itself: what the last commit changed.
  if [ "$base" = "$head" ]; then git rev-parse -q --verify HEAD^ || echo "$head"; else echo "$base"; fi
}

changed() {   # the .cpp to read: changed ones, and those whose header changed
  { git diff --name-only --diff-filter=d "$(merge_base)" -- '*.cpp' '*.hpp'; git ls-files -o --exclude-standard -- '*.cpp' '*.hpp'; } |
    sed 's/\.hpp$/.cpp/' | sort -u | while read -r file; do if [ -f "$file" ]; then echo "$file"; fi; done
}

# What the compilation database knows; a file that no target compiles cannot be read.
compiled() { grep -Fxf <(grep -o '"file": "[^"]*"' $build/compile_commands.json | cut -d'"' -f4 | sed "s|^$PWD/||"); }

format() { sources '*.cpp' '*.hpp' | xargs -0 -r clang-format-19 --dry-run -Werror; }

tidy() {
  local files
  files=$(cat)
  [ -n "$files" ] || { echo "         (nothing changed)"; return 0; }
  printf '%s\n' "$files" |
    xargs -P "$jobs" -n 1 clang-tidy-19 -quiet -p $build --extra-arg=-Wno-unknown-warning-option 2>/dev/null
}

awaits() {
  local said
  said=$(clang-query-19 -p $build --extra-arg=-Wno-unknown-warning-option --extra-arg=-w -f tools/coawait.query \
         gateway/server/*.cpp 2>&1) || { echo "$said"; return 1; }
  if ! grep -q '^0 matches\.$' <<<"$said"; then echo "$said"; return 1; fi
}

database() {
  [ -f $build/compile_commands.json ] || cmake --preset release >/dev/null || return 1
  cmake --build $build --parallel "$jobs" --target dealog_contract >/dev/null
}

if have clang-format-19; then step "format" format; else skip "format" "no clang-format-19"; failed+=("format"); fi
if have python3; then step "arrows" python3 tests/architecture/arrows.py .; else skip "arrows" "no python3"; failed+=("arrows"); fi

buf=build/tools/node_modules/.bin/buf
if [ -x $buf ]; then
  step "buf lint" $buf lint
  step "buf breaking" $buf breaking --against tests/contract/published.binpb
else
  skip "buf" "tools/install.sh test installs it"; failed+=("buf")
fi

if have clang-tidy-19 || have clang-query-19; then step "compilation database" database; fi
if have clang-query-19; then step "co_await temporaries" awaits; else skip "co_await temporaries" "no clang-query-19 (clang-tools-19)"; fi
if ! have clang-tidy-19; then
  skip "clang-tidy" "no clang-tidy-19"; failed+=("clang-tidy")
elif [ "${LINT_ALL:-0}" = 1 ]; then
  step "clang-tidy, whole tree" tidy < <(sources '*.cpp' | tr '\0' '\n' | compiled)
elif git rev-parse --git-dir >/dev/null 2>&1; then
  step "clang-tidy, changed files" tidy < <(changed | compiled)
else
  skip "clang-tidy" "no git history to compare with; LINT_ALL=1 reads the whole tree"
fi

if [ ${#failed[@]} -gt 0 ]; then
  printf 'lint: failed: %s\n' "$(IFS=,; echo "${failed[*]}")" >&2
  exit 1
fi
echo "lint: clean${skipped:+ (skipped: ${skipped[*]})}"
