# make build | lab | dev | dev-page | test | ci | audit | soak | test-oldest | bench | screenshots | clean
# Every target installs what it needs first, and is quick when nothing changed. CONTRIBUTING.md explains them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
# JupyterLab refuses to run as root without this flag.
LAB_FLAGS := $(shell [ "$$(id -u)" != 0 ] || echo --allow-root)
LAB_SETTINGS := $(VENV)/share/jupyter/lab/settings
JS_SOURCES := $(shell find js/src -type f 2>/dev/null) js/package.json js/package-lock.json js/build.mjs js/bundling.mjs
# Tests run in this many processes, a file in one of them. Those of Python run in half as many again, since they
# also wait for sockets, timers and processes.
PROCESSES ?= 2
PYTEST := $(BIN)/python -m pytest --dist loadfile -n
WAITING := $(shell expr $(PROCESSES) + $(PROCESSES) / 2)
SOAK := $(PROCESSES) --hypothesis-profile=others -m soak
CHECKS := check-python check-front-end
TESTS := test-python test-notebooks test-browser
HAS_NPM := $(shell command -v npm 2>/dev/null)
NEEDS_NPM = $(if $(HAS_NPM),,@echo "Working on the front end needs Node 20 or newer, with npm."; exit 1)
AS_ROOT := $(shell [ "$$(id -u)" = 0 ] || command -v sudo)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export JUPYTER_PLATFORM_DIRS := 1
# Tests start hundreds of processes. Without this each would compile the whole package first.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: build lab dev dev-page test ci audit check $(CHECKS) test-python test-notebooks test-browser soak test-oldest bench \
  screenshots clean

build: $(STAMPS)/package $(STAMPS)/bundle

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; name one with make PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 \
	  || { rm -rf $(VENV); $(AS_ROOT) apt-get update -qq && $(AS_ROOT) apt-get install -y -qq python3-venv; \
	       $(PYTHON) -m venv $(VENV); }

# With Node on the machine the front end is built here; without, the build of the package gets its own.
$(STAMPS)/node: js/package.json js/package-lock.json | $(BIN)/python
	$(if $(HAS_NPM),cd js && npm ci --no-audit --no-fund --loglevel=error)
	@mkdir -p $(@D) && touch $@

$(STAMPS)/bundle: $(STAMPS)/node $(JS_SOURCES)
	$(if $(HAS_NPM),cd js && npm run --silent build)
	@mkdir -p $(@D) && touch $@

$(STAMPS)/package: pyproject.toml hatch_build.py | $(STAMPS)/bundle
	$(BIN)/pip install -q --upgrade 'pip>=25.1'
	$(BIN)/pip install -q -e '.[lab]' --group dev
	@mkdir -p $(LAB_SETTINGS)
	@echo '{"@jupyterlab/apputils-extension:themes": {"theme": "JupyterLab Dark"}}' > $(LAB_SETTINGS)/overrides.json
	@mkdir -p $(@D) && touch $@

lab: build
	$(BIN)/jupyter lab $(LAB_FLAGS) notebooks/01-quickstart.ipynb

# The front end is built again whenever a source changes, and open notebooks load it anew.
ifdef PAGE
dev: dev-page
else
dev: build
	$(NEEDS_NPM)
	@rm -f $(STAMPS)/bundle
	@(cd js && exec node build.mjs --watch) & watch=$$!; trap "kill $$watch 2>/dev/null" EXIT; trap "exit 130" INT TERM; \
	  ANYWIDGET_HMR=1 $(BIN)/jupyter lab $(LAB_FLAGS) notebooks/01-quickstart.ipynb
endif

# The console on recorded runs, without Jupyter and without a kernel.
dev-page: build
	$(NEEDS_NPM)
	cd js && npm run --silent dev

test: check $(TESTS)

# What `.ci/run` does. The audit waits for the registries, so that it goes on beside the checks.
ci: build
	@$(MAKE) --no-print-directory -j3 audit $(CHECKS)
	@$(MAKE) --no-print-directory $(TESTS)

# Known vulnerabilities of what is installed, where the registries answer such questions; else it says so.
audit: build
	@$(BIN)/pip install -q --group audit || echo "pip-audit cannot be installed"
	$(BIN)/python -m tests.audit

# Both at once: types of Python are checked in one process.
check: build
	@$(MAKE) --no-print-directory -j2 $(CHECKS)

check-python: build
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

check-front-end: build
	$(if $(HAS_NPM),cd js && npm run --silent check && npm test --silent,@echo "no Node here: the front end's own checks are left out")

test-python: build
	$(PYTEST) $(WAITING) tests/unit tests/contract tests/package

test-notebooks: build
	$(PYTEST) $(PROCESSES) --nbval notebooks -p tests.notebook_runs -p no:cacheprovider

test-browser: build $(STAMPS)/chromium $(STAMPS)/firefox
	$(PYTEST) $(PROCESSES) tests/browser

# What takes too long for every change, such as each attack on the preview in every mode. The browser's tests leave a
# running loop in their process, in which those of Python could start none.
soak: build $(STAMPS)/chromium $(STAMPS)/firefox
	$(BIN)/pip install -q --group soak
	$(PYTEST) $(SOAK) tests/unit tests/contract
	$(PYTEST) $(SOAK) tests/browser

$(STAMPS)/chromium: | $(BIN)/python
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null \
	  || { $(AS_ROOT) apt-get update -qq \
	       && $(AS_ROOT) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	            chromium fonts-dejavu-core fonts-liberation fonts-noto-core >/dev/null; }
	@mkdir -p $(@D) && touch $@

# Where no Firefox can be installed its tests are left out, and say so.
$(STAMPS)/firefox: | $(BIN)/python
	@command -v firefox-esr >/dev/null || command -v firefox >/dev/null \
	  || { $(AS_ROOT) apt-get update -qq \
	       && $(AS_ROOT) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	            firefox-esr >/dev/null; } \
	  || echo "no Firefox here: its tests are left out"
	@mkdir -p $(@D) && touch $@

# The oldest versions that pyproject.toml allows, in an environment of their own.
test-oldest: build
	$(BIN)/uv venv -q --allow-existing .venv-oldest --python $(BIN)/python
	$(BIN)/uv pip install -q --python .venv-oldest/bin/python --resolution lowest-direct -e '.[agui,llm,otel,plot,sql]' \
	  hypothesis==6.100.0 opentelemetry-sdk==1.27.0 pytest==8.3.0 pytest-asyncio==0.24.0 trustme==1.2.0
	.venv-oldest/bin/python -m pytest tests/unit tests/contract -W ignore::pytest.PytestUnraisableExceptionWarning

bench: build $(STAMPS)/chromium
	$(BIN)/pip install -q --group bench
	$(BIN)/python -m tests.benchmarks

screenshots: build $(STAMPS)/chromium
	$(BIN)/python -m tests.browser.screenshots

clean:
	rm -rf $(VENV) .venv-* dist build src/worker_widget/static js/node_modules js/dev/dist \
	  .mypy_cache .ruff_cache .pytest_cache .hypothesis bench.json
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
