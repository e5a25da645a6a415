# Two commands matter: `make run` and `make test`. `make` alone lists all of them.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
VENV ?= .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test check format lock bench screenshots clean install install-dev programs tool

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

run: install ## everything on this machine, with the storm (UNITS=5200 for the full force)
	@$(PY) app.py

test: install-dev programs ## all tests, or some: make test ARGS="tests/unit -k grade"
	@$(PY) -m pytest $(ARGS)

check: install-dev ## style, types, direction of imports, then all tests
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(MAKE) --no-print-directory test

format: install-dev ## put every file into the common style
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .

bench: install-dev ## measure what the bars are about
	@$(PY) -m benchmarks $(ARGS)

screenshots: install-dev programs ## take the pictures of the documentation again
	@$(PY) -m docs.screenshots $(ARGS)

lock: $(PY) ## compile the pinned requirements again from requirements*.in
	@$(PIP) install -q pip-tools
	@for name in requirements requirements-dev; do \
	  $(VENV)/bin/pip-compile -q --upgrade --allow-unsafe --strip-extras --no-header --no-emit-index-url \
	    --no-emit-find-links --no-emit-trusted-host -o $$name.txt $$name.in || exit 1; done

clean: ## remove caches and the environment; the data in .data stays
	@rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---------------------------------------------------------------- what the commands above need

# The first Python that runs and is new enough (a version manager's shim may be there and not run).
$(PY):
	@for python in python3.11 python3.12 python3.13 python3.14 python3; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "making $(VENV) with $$($$python --version)"; \
	    $$python -m venv $(VENV) && exit 0; \
	    rm -f $@; exit 1; \
	  fi; \
	done; \
	echo "no Python 3.11 or newer was found; install one (Debian: apt install python3 python3-venv)" >&2; exit 1

# $(call installed,FILE): install FILE unless just this content was installed before.
define installed
	@sum=$$(cksum < $(1)); kept=$(VENV)/.installed-$(1); \
	if [ "$$(cat $$kept 2>/dev/null || true)" != "$$sum" ]; then \
	  echo "installing $(1) into $(VENV) (about a minute the first time)"; \
	  $(PIP) install --progress-bar on -r $(1) \
	    | awk '/^(Downloading|Installing|Successfully)/ { print substr($$0, 1, 100); fflush() }' || \
	    { echo "$(1) could not be installed; see above" >&2; exit 1; }; \
	  echo "$$sum" > $$kept; \
	fi
endef

install: $(PY)
	$(call installed,requirements.txt)

install-dev: install
	$(call installed,requirements-dev.txt)

# What tests start besides Python packages: Debian's where apt works. Without it Chromium is Playwright's own, and the
# tests of MQTT skip and say so. They start a broker of their own: the service that comes with Debian's is turned off.
programs: install-dev
	@PATH=$$PATH:/usr/sbin; as_root=; [ "$$(id -u)" = 0 ] || as_root="sudo -n"; updated=; \
	for program in chromium mosquitto; do \
	  command -v $$program >/dev/null && continue; \
	  command -v apt-get >/dev/null && $$as_root true 2>/dev/null || continue; \
	  echo "installing $$program with apt"; \
	  [ "$$updated" ] || $$as_root apt-get update -qq || true; updated=yes; \
	  with=; [ $$program = mosquitto ] || with=fonts-noto-cjk; \
	  DEBIAN_FRONTEND=noninteractive \
	    $$as_root apt-get install -y -qq --no-install-recommends $$program $$with >/dev/null \
	    || { echo "apt could not install $$program"; continue; }; \
	  [ $$program != mosquitto ] || $$as_root systemctl disable -q --now mosquitto 2>/dev/null || true; \
	done; \
	command -v chromium >/dev/null || $(PY) -m playwright install chromium

tool: install-dev
	@$(VENV)/bin/$(TOOL)
