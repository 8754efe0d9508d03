#!/usr/bin/env bash
# Installs what `make build` (argument build) or `make test` (argument test) needs, from Debian 12's packages.
set -euo pipefail
what=${1:?build or test}

build_packages=(
  g++ cmake ninja-build ccache mold pkg-config git ca-certificates
  librocksdb-dev libgflags-dev libsnappy-dev zlib1g-dev libbz2-dev liblz4-dev libzstd-dev
  libboost1.81-dev libprotobuf-dev protobuf-compiler nlohmann-json3-dev libsodium-dev libssl-dev libexpected-dev
  libfmt-dev libspdlog-dev libhowardhinnant-date-dev libtomlplusplus-dev libcli11-dev libcpp-httplib-dev
  prometheus-cpp-dev libcurl4-openssl-dev catch2 tzdata curl jq)
test_packages=(python3 sqlite3 strace e2fsprogs faketime libfaketime wrk clang-19 clang-format-19
               clang-tidy-19 clang-tools-19 npm)

wanted=("${build_packages[@]}")
[ "$what" = test ] && wanted+=("${test_packages[@]}")

missing=()
for package in "${wanted[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
# A node that came another way serves as well as Debian's.
if command -v npm >/dev/null; then missing=("${missing[@]/#npm/}"); fi
mapfile -t missing < <(printf '%s\n' "${missing[@]}" | grep -v '^$' || :)

if [ ${#missing[@]} -gt 0 ]; then
  if ! grep -q 'VERSION_ID="12"' /etc/os-release 2>/dev/null; then
    echo "This installs Debian 12 packages; on another system use compose.yaml, or install: ${missing[*]}" >&2
    exit 1
  fi
  sudo=''
  [ "$(id -u)" -eq 0 ] || sudo='sudo'
  echo "Installing: ${missing[*]}"
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

if [ "$what" = test ] && ! [ -x build/tools/node_modules/.bin/buf ]; then
  mkdir -p build/tools
  npm install --silent --no-audit --no-fund --prefix build/tools @bufbuild/buf@1.75.0
fi
mkdir -p build

# The hooks of this clone, and blame that looks through formatting; a tree without git has neither.
if [ -e .git ]; then
  git config core.hooksPath .githooks || :
  git config blame.ignoreRevsFile .git-blame-ignore-revs || :
fi
