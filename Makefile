# What a developer runs. .ci/run is the gate; it does all of this and more.
.DEFAULT_GOAL := help
.PHONY: help check test race faults fuzz bench demo docs spam stats

TOOL     := go tool -modfile=tools/go.mod
FUZZTIME ?= 10s
BENCH    ?= .
RACED    := ./ops/... ./worker/... ./scheduler/... ./queue/... ./engine/... ./channels/... ./store/... ./internal/inbox/... ./internal/faults/...

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

check: ## format, vet, staticcheck, tidy
	@out=$$($(TOOL) gofumpt -l .) && if [ -n "$$out" ]; then echo "not formatted:"; echo "$$out"; exit 1; fi
	go vet ./...
	$(TOOL) staticcheck ./...
	go mod tidy -diff

test: ## every test; needs no server
	go test ./...

race: ## the packages in which goroutines meet, under the race detector
	CGO_ENABLED=1 go test -race -short $(RACED)

faults: ## what docs/promises.md promises, at length: a quarter of an hour; starts Redis and Postgres of its own
	.ci/run faults

fuzz: ## every fuzz test for FUZZTIME (10s)
	@set -e; go list ./... | while read -r pkg; do \
		for name in $$(go test -list '^Fuzz' $$pkg </dev/null | grep '^Fuzz' || true); do \
			echo "== $$pkg $$name"; \
			go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$pkg </dev/null; \
		done; \
	done

bench: ## Go benchmarks; BENCH=regexp for some
	go test -run '^$$' -bench '$(BENCH)' -benchmem $$(grep -rlE --include='*_test.go' '^func Benchmark' . | xargs -n1 dirname | sort -u)

demo: ## months of the example in seconds
	go run ./cmd/andante demo

docs: ## write the generated pages of docs/
	go run ./cmd/andante docs docs

spam: ## what SpamAssassin says of the example's mails, offline
	.ci/spam

stats: ## lines of Go for each package: code, tests
	@printf '%-26s %6s %6s\n' package code tests
	@go list -f '{{.ImportPath}} {{.Dir}}' ./... | while read -r name dir; do \
		code=$$(find "$$dir" -maxdepth 1 -name '*.go' ! -name '*_test.go' -exec cat {} + | wc -l); \
		tests=$$(find "$$dir" -maxdepth 1 -name '*_test.go' -exec cat {} + | wc -l); \
		printf '%-26s %6d %6d\n' "$${name#github.com/andante-hq/}" "$$code" "$$tests"; \
	done | sort | awk '{print; c+=$$2; t+=$$3} END {printf "%-26s %6d %6d\n", "all", c, t}'
