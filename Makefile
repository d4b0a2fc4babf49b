# run    the demo, on Go alone: no service, no cgo
# build  the program as it is released, in bin/daohu
# test   every check there is; installs what it lacks, starts its own MariaDB and Redis
# kill   server and databases killed under load: KILLS of the server on each database, a fifth of mariadbd
# mutants plants classic sync bugs one by one and lets the simulation find them; fails while one survives
# bench  bytes, queries and ratios to what the machine can do; writes bench.json. ROWS=10000000 for the long history
# lint   only what needs no test run
# gen    writes all that is derived from the declarations of server/record
# check  fails when gen would change something

GO ?= go
# Packages tested side by side. Two cores are what the figures are made for.
PARALLEL ?= 2
# The limit of one package's tests.
TIMEOUT ?= 15m

# Kills of the server on each database in make kill.
KILLS ?= 1000

# The longest history of make bench, rows.
ROWS ?= 1000000

.PHONY: run build test kill mutants bench lint gen check

tally = $(GO) run ./server/servertest/tally

gates = \
	'gate: gofmt: deploy/test/gofmt.sh' \
	'gate: vet: $(GO) vet ./...' \
	'gate: staticcheck: $(GO) tool staticcheck ./...' \
	'gate: generated files: $(GO) run ./server/gen -check'

ifneq ($(wildcard miniprogram/package.json),)
phone = \
	'gate: npm ci: cd miniprogram && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error' \
	'gate: phone types and style: cd miniprogram && npm run --silent check' \
	'node: phone: cd miniprogram && npm test --silent' \
	'node: pages in Chromium: cd miniprogram && npm run --silent test:runner'
endif

# The phone comes first: Go tests drive its compiled sync core.
server = 'go: server: deploy/test/with-services.sh $(GO) test -json -vet=off -count=1 -p $(PARALLEL) -timeout $(TIMEOUT) ./...'

run:
	$(GO) run ./server demo

# nomsgpack leaves out a codec of gin's that no route speaks.
build:
	CGO_ENABLED=0 $(GO) build -trimpath -tags nomsgpack -ldflags '-s -w' -o bin/daohu ./server

test:
	@deploy/test/install.sh
	@DAOHU_TEST_FULL=1 $(tally) $(gates) $(phone) $(server)

kill:
	DAOHU_KILLS=$(KILLS) deploy/test/with-services.sh $(GO) test ./server/servertest/killloop -count=1 -timeout 0 -v -run 'Killed'

lint:
	@$(tally) $(gates)

mutants:
	@cd miniprogram && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@$(GO) run ./server/servertest/mutant

bench: build
	@cd miniprogram && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@$(GO) run ./server/servertest/bench -rows $(ROWS)

gen:
	$(GO) run ./server/gen

check:
	@$(GO) run ./server/gen -check
