#!/usr/bin/env bash
# Builds the phone in the browser, miniprogram/dist/phone, which the demo serves at /phone.
set -euo pipefail
cd "$(dirname "$0")/../miniprogram"

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "phone.sh: Node 20 or newer with npm is needed for the phone in the browser: https://nodejs.org" >&2
  exit 1
fi
if [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ]; then
  echo "phone.sh: Node 20 or newer is needed, this is $(node --version)" >&2
  exit 1
fi
# npm keeps the lock of what it installed; as long as that is newer, nothing is to be fetched.
if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
fi
npm run --silent build:phone
