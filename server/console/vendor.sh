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

# ECharts is bundled: of the whole, a third is needed. Its parts and the bundler
# are named exactly, so that the sum is that of one text.
cp charts.entry.mjs "$tmp/entry.mjs"
(cd "$tmp" && npm init --yes >/dev/null &&
	npm install --silent --ignore-scripts --no-audit --no-fund --save-exact echarts@6.1.0 esbuild@0.28.2 &&
	npx esbuild entry.mjs --bundle --minify --format=iife --target=chrome86 --legal-comments=none --log-level=error --outfile=echarts.min.js)
echo "e72babede228057dfbbeaa71a5b53105459468f2b769314feb90faf2e2c15ba7  $tmp/echarts.min.js" | sha256sum --check --quiet
cp "$tmp/echarts.min.js" assets/echarts.min.js
cat "$tmp/node_modules/echarts/LICENSE" "$tmp/node_modules/echarts/NOTICE" "$tmp/node_modules/zrender/LICENSE" "$tmp/node_modules/tslib/LICENSE.txt" >licences/echarts.min.js.txt
