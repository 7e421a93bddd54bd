# The command surface. Everything runs with the pinned Node of node_modules/.bin, which needs no more
# than Node 20 to be installed.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

installed := node_modules/.installed
atlas := node localstack/main.ts
suites := --project unit --project contract --project integration --project infrastructure

$(installed): package-lock.json
	@command -v npm >/dev/null || { echo 'npm is missing: install Node 20 or newer'; exit 1; }
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: help
help: ## list the commands
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: up down restart status logs clean
up: $(installed) ## start everything offline; twice does no harm
	@$(atlas) up
down: $(installed) ## stop what was started; data survives
	@$(atlas) down
restart: down up ## down, then up
status: $(installed) ## what runs
	@$(atlas) status
logs: $(installed) ## follow the logs: make logs, make logs PART=relay
	@$(atlas) logs $(PART)
clean: $(installed) ## stop everything and delete its data (TOOLS=1: and the installed tools)
	@$(atlas) clean $(if $(TOOLS),--tools)

.PHONY: test test-unit test-contract test-integration test-infrastructure test-e2e test-cov mutation chaos fuzz
.PHONY: fuzz-api idempotency-suite fis-templates
test: bundles ## every suite, with parts of its own on free ports
	@rm -rf .atlas/reports
	@failed=0; \
	  $(atlas) with-services -- bash -c 'vitest run $(suites); first=$$?; vitest run --project experiments && exit $$first' || failed=1; \
	  $(atlas) with-services --deploy -- vitest run --project e2e || failed=1; \
	  exit $$failed
test-unit: $(installed) ## pure, in seconds
	@vitest run --project unit
test-contract: $(installed) ## one suite over every adapter of a port
	@$(atlas) with-services -- vitest run --project contract
test-integration: $(installed) ## in process, over real parts
	@$(atlas) with-services -- bash -c 'vitest run --project integration && vitest run --project experiments'
test-infrastructure: bundles ## the templates
	@vitest run --project infrastructure
test-e2e: $(installed) ## over HTTP on the emulator (ATLAS_AWS_ENDPOINT: on one that runs already)
	@$(atlas) with-services --deploy -- vitest run --project e2e
test-cov: $(installed) ## every suite, with coverage
	@$(atlas) with-services --deploy -- vitest run --coverage $(suites) --project experiments --project e2e
mutation: $(installed) ## plant mistakes in the ledger model and the keys, and see which test notices: .atlas/mutation.html
	@stryker run test/mutation/stryker.json
chaos: $(installed) ## break things under load, and see what holds: make chaos [EXPERIMENT=name] [SEEDS=20]
	@$(atlas) with-services $(if $(EXPERIMENT),,--deploy) -- env ATLAS_CHAOS_EXPERIMENT="$(EXPERIMENT)" \
	  ATLAS_CHAOS_SEEDS="$(SEEDS)" vitest run --project chaos $(if $(EXPERIMENT),experiments)
fis-templates: $(installed) ## the experiments for AWS FIS: make fis-templates STAGE=dev ROLE=arn:… ALARM=arn:…
	@node test/chaos/export-fis-templates.ts "$(STAGE)" "$(ROLE)" "$(ALARM)"

fuzz: $(installed) ## random commands against model and SQL, for so long: make fuzz MINUTES=30 [SEED=n]
	@$(atlas) with-services -- env ATLAS_FUZZ_MINUTES="$(or $(MINUTES),10)" ATLAS_FUZZ_SEED="$(SEED)" vitest run --project fuzz
fuzz-api: $(installed) ## requests made from the API description: make fuzz-api [CASES=n] [SEED=n] [URL=… TOKEN=…]
	@$(if $(URL),,$(atlas) with-services --) node test/fuzz-api/main.ts --cases "$(or $(CASES),20000)" \
	  $(if $(SEED),--seed "$(SEED)") $(if $(URL),--url "$(URL)" --token "$(TOKEN)")
idempotency-suite: $(installed) ## what is demanded of an Idempotency-Key: make idempotency-suite [URL=… TOKEN=… OTHER_TOKEN=…]
	@node test/idempotency/main.ts $(if $(URL),--url "$(URL)" --token "$(TOKEN)") \
	  $(if $(OTHER_TOKEN),--other-token "$(OTHER_TOKEN)")

.PHONY: bench load
bench: $(installed) ## ratios, side by side in one run: docs/benchmarks.md
	@node tools/build-bundles.ts --tracing xray
	@$(atlas) with-services -- node test/load/bench.ts
load: $(installed) ## load and what it must not do: make load [SCENARIO=steady,spike] [MINUTES=10] [SEED=n] [DOCS=1]
	@$(atlas) with-services -- node test/load/load.ts $(if $(SCENARIO),--scenario "$(SCENARIO)") \
	  $(if $(MINUTES),--minutes "$(MINUTES)") $(if $(SEED),--seed "$(SEED)") $(if $(QUICK),--quick) $(if $(DOCS),--docs)

.PHONY: lint lint-code lint-imports lint-compose lint-api fmt type pre-commit
lint: lint-compose lint-code lint-imports lint-api ## format, type-aware lint, import direction, the compose file, the API description
lint-code: $(installed)
	@biome ci --error-on-warnings .
	@oxlint --type-aware --deny-warnings
lint-imports: $(installed)
	@node tools/check-imports.ts
lint-compose: $(installed)
	@node tools/check-compose.ts
lint-api: $(installed)
	@node tools/check-openapi.ts
fmt: $(installed) ## format
	@biome check --write .
type: $(installed) ## check types
	@tsc -p .
	@tsc -p localstack/dashboard/page
pre-commit: lint type ## what the commit hook runs

.PHONY: prometheus grafana
prometheus: $(installed) ## Prometheus with the rules of slo.yaml, in the Docker profile
	@$(atlas) prometheus
grafana: $(installed) ## Grafana over Prometheus, in the Docker profile
	@$(atlas) grafana

.PHONY: bundles synth deploy slo
bundles: $(installed)
	@node tools/build-bundles.ts
synth: bundles ## synthesise every stage, with cdk-nag and cfn-lint
	@node tools/synth.ts
slo: $(installed) ## write slo.yaml for Prometheus, Sloth and Grafana: make slo [STAGE=prod]
	@node tools/slo.ts $(STAGE)
deploy: bundles ## deploy to AWS: make deploy STAGE=dev
	@test -n "$(STAGE)" || { echo 'which stage? make deploy STAGE=dev'; exit 1; }
	cdk deploy --all -c stage=$(STAGE)

.PHONY: migrate migration seed db-shell token import export audit-verify metrics trace redrive
migrate: $(installed) ## bring the running shards to the newest schema
	@$(atlas) migrate
migration: $(installed) ## start a migration: make migration NAME=add-holds
	@node tools/new-migration.ts "$(NAME)"
seed: $(installed) ## open the demo tenant's accounts
	@$(atlas) seed
db-shell: $(installed) ## psql on a running shard: make db-shell SHARD=1
	@$(atlas) db-shell $(SHARD)
token: $(installed) ## print a token: make token TENANT=acme SCOPE="ledger:read webhooks:read"
	@$(atlas) token --tenant "$(TENANT)" $(if $(SCOPE),--scope "$(SCOPE)")
import: $(installed) ## load a journal: make import FILE=journal.json [TENANT=demo] [API=url]
	@test -n "$(FILE)" || { echo 'which file? make import FILE=journal.json'; exit 2; }
	@node localstack/import.ts "$(FILE)" $(if $(TENANT),--tenant "$(TENANT)") $(if $(API),--api "$(API)")
export: $(installed) ## write a tenant's ledger to a file: make export FILE=ledger.jsonl [TENANT=demo] [API=url]
	@test -n "$(FILE)" || { echo 'which file? make export FILE=ledger.jsonl'; exit 2; }
	@node localstack/export.ts "$(FILE)" $(if $(TENANT),--tenant "$(TENANT)") $(if $(API),--api "$(API)") $(if $(FORCE),--force)
audit-verify: $(installed) ## recompute the audit chains: make audit-verify [TENANT=demo]
	@node localstack/audit-verify.ts $(if $(TENANT),--tenant "$(TENANT)")
metrics: $(installed) ## what waits, who is behind, and what was counted
	@$(atlas) metrics
trace: $(installed) ## print a trace as a tree, or the newest: make trace [ID=trace id or traceparent]
	@$(atlas) trace $(ID)
redrive: $(installed) ## move dead letters back: make redrive QUEUE=intake [STAGE=prod]
	@test -n "$(QUEUE)" || { echo 'which queue? make redrive QUEUE=intake'; exit 2; }
	@node tools/redrive.ts "$(QUEUE)" $(if $(STAGE),--stage "$(STAGE)")
