#!/usr/bin/env bash
# Fails with the names of the Go files that gofmt would change.
set -euo pipefail
cd "$(dirname "$0")/../.."
files=$(gofmt -l server migrations)
[ -z "$files" ] || { echo "$files"; exit 1; }
