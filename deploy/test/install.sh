#!/usr/bin/env bash
# Installs what the tests need and this machine lacks, on Debian and its kin.
# Says nothing when nothing is missing; starts no system service.
set -euo pipefail

fail() { echo "install.sh: $*" >&2; exit 1; }
has() { PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v "$1" >/dev/null 2>&1; }

has go || fail "Go 1.26 or newer is needed: https://go.dev/dl"
# The miniprogram's own tools and tests run on Node.
if [ -f "$(dirname "$0")/../../miniprogram/package.json" ]; then
  has node && has npm || fail "Node 20 or newer with npm is needed: https://nodejs.org"
  major=$(node -p 'process.versions.node.split(".")[0]')
  [ "$major" -ge 20 ] || fail "Node 20 or newer is needed, this is $(node --version)"
fi

missing=()
has mariadbd && has mariadb-install-db || missing+=(mariadb-server)
has redis-server || missing+=(redis-server)
# Pages run in Chromium; without a Chinese font a page of boxes passes for text.
has chromium || missing+=(chromium fonts-noto-cjk)
[ ${#missing[@]} -eq 0 ] && exit 0

has apt-get || fail "missing: ${missing[*]}; install them with this system's package manager"
as=()
if [ "$(id -u)" -ne 0 ]; then
  has sudo || fail "missing: ${missing[*]}; run as root: apt-get install -y ${missing[*]}"
  as=(sudo)
fi

# Debian starts a server as soon as it is installed unless policy-rc.d says no.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' | "${as[@]}" tee "$policy" >/dev/null
  trap '"${as[@]}" rm -f "$policy"' EXIT
  "${as[@]}" chmod 755 "$policy"
fi
echo "installing ${missing[*]}"
log=$(mktemp)
if ! {
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update &&
    "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
} >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  rm -f "$log"
  fail "could not install ${missing[*]}"
fi
rm -f "$log"
has mariadbd && has mariadb-install-db && has redis-server && has chromium ||
  fail "installed ${missing[*]}, but mariadbd, mariadb-install-db, redis-server or chromium is still not there"
