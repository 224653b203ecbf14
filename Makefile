# Spoor: `make run` shows what it does, `make test` shows that it works. `make help` lists the rest.
SHELL := /bin/sh
GO    ?= go
TAGS  := sqlite_fts5
# Fyne's tests draw in software; the window itself is built for X11, with Fyne's rules of threads (see FyneApp.toml).
TEST_TAGS    := $(TAGS),ci
DESKTOP_TAGS := $(TAGS),x11,migrated_fynedo
# Go's own default is one test binary a core; on small machines the race detector wants no more.
TESTFLAGS ?= -timeout 20m
# These run the whole way with real video, over what the other packages prove under the race detector: with it, they
# alone would take longer than all the rest.
WHOLE := spoor/\(engine\|cmd/spoor\)
FUZZTIME  ?= 1m
TORTURE   ?= 200
ROWS      ?= 1000000
GOLANGCI  := v2.15.0
GOFUMPT   := v0.12.0

VERSION := $(shell git describe --tags --always --dirty --abbrev=12 2>/dev/null || echo unknown)
LDFLAGS := -s -w -buildid= -X main.version=$(VERSION)
TOOLS   := bin/tools
LINT    := $(TOOLS)/golangci-lint-$(GOLANGCI)
FUMPT   := $(TOOLS)/gofumpt-$(GOFUMPT)
BENCH   := $(GO) run -tags $(TAGS) ./cmd/spoor-bench

export CGO_ENABLED := 1
.DEFAULT_GOAL := help
.PHONY: help setup build desktop package test-window screenshots run test race fuzz torture lint fmt fresh clean
.PHONY: bench bench-evidence bench-quality bench-titles bench-speed bench-logs bench-report bench-store bench-ui

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

setup: ## install with apt what is missing (ffmpeg, gcc, ...); does nothing where all is there
	@scripts/setup

build: ## bin/spoor, the same bytes from the same commit
	$(GO) build -trimpath -buildvcs=false -tags $(TAGS) -ldflags '$(LDFLAGS)' -o bin/spoor ./cmd/spoor

desktop: ## bin/spoor-desktop, the window; installs the headers that it is built with
	@scripts/setup desktop
	$(GO) build -trimpath -buildvcs=false -tags $(DESKTOP_TAGS) -ldflags '$(LDFLAGS)' -o bin/spoor-desktop ./cmd/spoor-desktop

package: build desktop ## bin/spoor_*.deb for Debian 12 and its kin: both programs, icon, manual pages, completion
	@scripts/package

test-window: ## the window on a screen of its own: a real file drop, real keys, real pixels
	@scripts/setup window
	$(GO) test -tags $(DESKTOP_TAGS),screen -count 1 -timeout 20m ./cmd/spoor-desktop

screenshots: ## a picture of every place in both themes and two sizes, into screenshots/
	@scripts/setup window
	SPOOR_SCREENSHOTS='$(CURDIR)/screenshots' $(GO) test -tags $(DESKTOP_TAGS),screen -count 1 -timeout 20m -run TestScreens ./cmd/spoor-desktop

run: setup build ## the demo: mark a clip for three people, leak two copies, find whose they were; where there is a screen, in the window too
	@scripts/run $(ARGS)

test: setup ## vet, then every test; all but the longest under the race detector
	$(GO) vet -tags $(TEST_TAGS) ./...
	$(GO) test -tags $(TEST_TAGS) -race $(TESTFLAGS) $$($(GO) list -tags $(TEST_TAGS) ./... | grep -v -x -e '$(WHOLE)')
	$(GO) test -tags $(TEST_TAGS) $(TESTFLAGS) $$($(GO) list -tags $(TEST_TAGS) ./... | grep -x -e '$(WHOLE)')

race: setup ## all tests under the race detector, the slow ones too: more than make test may take
	$(GO) test -tags $(TEST_TAGS) -race -timeout 2h ./...

bench: bench-quality bench-speed bench-logs bench-report bench-store bench-api bench-evidence ## all tables of docs/measured
bench-evidence: setup ## who is named after which damage: docs/measured/evidence.md
	$(BENCH) evidence $(ARGS)
bench-quality: setup ## what a mark costs the picture: docs/measured/quality.md
	$(BENCH) quality $(ARGS)
bench-titles: setup ## which leaks are found among many titles: docs/measured/titles.md
	$(BENCH) titles $(ARGS)
bench-speed: setup build ## times, as ratios to a baseline of the same run: docs/measured/speed.md
	$(BENCH) speed $(ARGS)
bench-logs: setup build ## how fast access logs are read, beside GoAccess where it is installed: docs/measured/logs.md
	$(BENCH) logs $(ARGS)
bench-report: setup ## how fast reports of a large case are written, and in how much memory: docs/measured/report.md
	$(BENCH) report $(ARGS)

fuzz: setup ## every fuzz target for FUZZTIME each (1m)
	@GO='$(GO)' TAGS='$(TAGS)' FUZZTIME='$(FUZZTIME)' scripts/fuzz

bench-store: setup ## list, filter, search and insert among ROWS (a million) backtraces: docs/measured/store.md
	SPOOR_BENCH_ROWS='$(ROWS)' SPOOR_BENCH_PAGE='$(CURDIR)/docs/measured/store.md' \
	  $(GO) test -tags $(TAGS) -count=1 -timeout 60m -run '^TestStoreBench$$' ./storage

bench-api: setup ## pages of a list among ROWS (a million) backtraces, asked for by 16 clients: docs/measured/api.md
	SPOOR_BENCH_ROWS='$(ROWS)' SPOOR_BENCH_PAGE='$(CURDIR)/docs/measured/api.md' \
	  $(GO) test -tags $(TAGS) -count=1 -timeout 60m -run '^TestAPIBench$$' ./api/server

bench-ui: setup ## how quickly the window starts, scrolls, and answers while it traces: docs/measured/ui.md
	SPOOR_BENCH_PAGE='$(CURDIR)/docs/measured/ui.md' $(GO) test -tags $(TEST_TAGS) -count=1 -timeout 30m -run '^TestUIBench$$' ./ui

torture: setup ## kill -9 at TORTURE random moments (200) of intake, trace, mark, tag and log import, sync, migration, restore: nothing is lost
	SPOOR_TORTURE='$(TORTURE)' $(GO) test -tags $(TAGS) -count=1 -timeout 30m -v -run '^TestTwoDesktopsAndAServerEndEqual$$' ./api/sync
	SPOOR_TORTURE='$(TORTURE)' $(GO) test -tags $(TAGS) -count=1 -timeout 120m -v -run '^TestTorture$$' ./cmd/spoor

lint: setup $(LINT) ## golangci-lint with .golangci.yml, import rules included
	$(LINT) run --build-tags $(TEST_TAGS) ./...

fmt: $(FUMPT) ## gofumpt over all Go files
	$(FUMPT) -w .

fresh: ## the proof: make test and make run in a clone inside a bare Debian 12 (root; slow)
	@scripts/fresh

clean: ## remove what was built here
	rm -rf bin

$(LINT):
	GOBIN='$(CURDIR)/$(TOOLS)' $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI)
	mv $(TOOLS)/golangci-lint $@

$(FUMPT):
	GOBIN='$(CURDIR)/$(TOOLS)' $(GO) install mvdan.cc/gofumpt@$(GOFUMPT)
	mv $(TOOLS)/gofumpt $@
