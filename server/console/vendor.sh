#!/bin/sh
# Fetches the stylesheet and script of others that the console serves, at fixed
# versions, and checks them against fixed sums: what npm gives is taken only if
# it is what was looked at. Run it by hand after changing a version, then put
# the new sums here. Needs npm, sha256sum and tar.
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# package version file-in-package name-here sha256
while read -r package version file name sum; do
	[ -n "$package" ] || continue
	(cd "$tmp" && npm pack --silent --ignore-scripts "$package@$version" >/dev/null && tar xzf ./*.tgz && rm ./*.tgz)
	echo "$sum  $tmp/package/$file" | sha256sum --check --quiet
	# Without the address of the source map, which nobody is served.
	sed '/^\/\*# sourceMappingURL=.*\*\/$/d' "$tmp/package/$file" >"assets/$name"
	cp "$tmp/package/LICENSE" "licences/$name.txt"
	rm -r "$tmp/package"
done <<'LIST'
bootstrap 5.3.9 dist/css/bootstrap.min.css bootstrap.min.css 9caac977a0af0c2229abd397eee3345899c4020da2a1a0b711c1cc543fe3719d
htmx.org 2.0.11 dist/htmx.min.js htmx.min.js d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717
LIST
