#!/usr/bin/env bash
# Fails when what is generated from the declarations differs from what lies in
# the tree. The newly generated files stay, ready to be looked at and kept.
set -euo pipefail
cd "$(dirname "$0")/../.."

sums() {
  find . \( -name .git -o -name node_modules -o -path ./data -o -path ./miniprogram/dist \) -prune -o -type f -print0 |
    sort -z | xargs -0 sha256sum
}

before=$(mktemp)
after=$(mktemp)
trap 'rm -f "$before" "$after"' EXIT
sums >"$before"
"${MAKE:-make}" --no-print-directory gen
sums >"$after"
changed=$({ diff "$before" "$after" || true; } | sed -n 's/^[<>] [0-9a-f]*  //p' | sort -u)
if [ -n "$changed" ]; then
  echo "generated files were out of date; commit what make gen wrote:"
  echo "$changed"
  exit 1
fi
