# run    the demo, on Go alone: no service, no cgo; with Node, the phone at /phone too
# phone  the phone in the browser, in miniprogram/dist/phone
# build  the program as it is released, in bin/daohu
# test   every check there is; installs what it lacks, starts its own MariaDB and Redis
# console-test  the console in Chromium, against the demo
# phone-test  the phone's part of it: types, official compilers, core, pages in Chromium
# kill   server and databases killed under load: KILLS of the server on each database, a fifth of mariadbd
# mutants plants classic sync bugs one by one and lets the simulation find them; fails while one survives
# bench  bytes, queries and ratios to what the machine can do; writes bench.json. ROWS=10000000 for the long history
# soak   plays the simulation on both databases for FOR
# lint   only what needs no test run
# gen    writes all that is derived from the declarations of server/record
# check  fails when gen would change something

GO ?= go
# Packages tested side by side. Two cores are what the figures are made for.
PARALLEL ?= 2
# The limit of one package's tests.
TIMEOUT ?= 15m

# How long make soak plays.
FOR ?= 60s

# Kills of the server on each database in make kill.
KILLS ?= 1000

# The longest history of make bench, rows.
ROWS ?= 1000000

.PHONY: run phone build test phone-test console-test kill mutants bench soak lint gen check

tally = $(GO) run ./server/servertest/tally

gates = \
	'gate: gofmt: deploy/test/gofmt.sh' \
	'gate: vet: $(GO) vet ./...' \
	'gate: staticcheck: $(GO) tool staticcheck ./...' \
	'gate: generated files: $(GO) run ./server/gen -check'

ifneq ($(wildcard miniprogram/package.json),)
phone = \
	'gate: npm ci: cd miniprogram && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error' \
	'gate: npm ci, compilers: cd miniprogram/check && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error' \
	'gate: phone types and style: cd miniprogram && npm run --silent check' \
	'gate: official compilers: cd miniprogram && npm run --silent compile' \
	'node: seeded faults: cd miniprogram && npm run --silent test:check' \
	'node: phone: cd miniprogram && npm test --silent' \
	'node: runner: cd miniprogram && npm run --silent test:runner' \
	'node: pages in Chromium: cd miniprogram && npm run --silent test:pages' \
	'node: compiled pages: cd miniprogram && npm run --silent test:compiled'
endif

# The console against the demo.
console = \
	'gate: npm ci of the console: cd server/console/browser && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error' \
	'node: console in Chromium: cd server/console/browser && npm test --silent'

# The phone comes first: Go tests drive its compiled sync core.
server = 'go: server: deploy/test/with-services.sh $(GO) test -json -vet=off -count=1 -p $(PARALLEL) -timeout $(TIMEOUT) ./...'

run:
	@deploy/phone.sh || echo 'make run: going on without the phone'
	$(GO) run ./server demo

phone:
	@deploy/phone.sh

# nomsgpack leaves out a codec of gin's that no route speaks.
build:
	CGO_ENABLED=0 $(GO) build -trimpath -tags nomsgpack -ldflags '-s -w' -o bin/daohu ./server

test:
	@deploy/test/install.sh
	@DAOHU_TEST_FULL=1 $(tally) $(gates) $(phone) $(console) $(server)

console-test:
	@deploy/test/install.sh
	@$(tally) -marks $(console)

phone-test:
	@deploy/test/install.sh
	@$(tally) -marks $(phone)

kill:
	DAOHU_KILLS=$(KILLS) deploy/test/with-services.sh $(GO) test ./server/servertest/killloop -count=1 -timeout 0 -v -run 'Killed'

lint:
	@$(tally) $(gates)

mutants:
	@cd miniprogram && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@$(GO) run ./server/servertest/mutant -write

bench: build
	@cd miniprogram && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@$(GO) run ./server/servertest/bench -rows $(ROWS)

soak:
	@cd miniprogram && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@deploy/test/with-services.sh $(GO) run ./server/servertest/soak -for $(FOR)

gen:
	$(GO) run ./server/gen

check:
	@$(GO) run ./server/gen -check
