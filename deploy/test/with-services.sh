#!/usr/bin/env bash
# Runs a command with a MariaDB for each isolation setting and a Redis, all in
# temp folders on free ports, and stops them whatever happens:
#
#   deploy/test/with-services.sh go test ./server/store
#
# The command sees DAOHU_TEST_MARIADB, DAOHU_TEST_MARIADB_SNAPSHOT and
# DAOHU_TEST_REDIS. The system's own services are never touched.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
(cd "$root" && go build -o "$dir/withservices" ./server/servertest/withservices)
"$dir/withservices" "$@" <&0 &
pid=$!
trap 'kill -TERM $pid 2>/dev/null || true' INT TERM HUP
# A signal interrupts the first wait; the second one is for the result.
code=0
wait $pid || code=$?
while kill -0 $pid 2>/dev/null; do
  code=0
  wait $pid || code=$?
done
exit $code
