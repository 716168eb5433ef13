# Everything a person types is here; `make help` lists it. setup_environment.py does the work, with or without make.

.PHONY: help setup setup-tests chat test format clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

setup:  ## make .venv and install what the program needs; PYTHON=python3.12 names a Python
	@$(find_python); "$$python" setup_environment.py $$kept

chat: setup  ## open the chat on http://127.0.0.1:7860
	@exec .venv/bin/python app.py chat

setup-tests:
	@$(find_python); "$$python" setup_environment.py $$kept --tests

test: setup-tests  ## format check, lint, types, then all tests; what CI runs
	.venv/bin/python -m ruff format --check .
	.venv/bin/python -m ruff check .
	.venv/bin/python -m mypy
	.venv/bin/python -m pytest

format: setup-tests  ## format the code and mend what ruff can mend
	.venv/bin/python -m ruff check --fix-only --quiet .
	.venv/bin/python -m ruff format .

clean:  ## remove caches and logs; the library and .venv stay, and the next set-up looks at every package again
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .venv/footnote-setup.json setup.log
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

# Sets $python to PYTHON, or to the first Python that is new enough. A Python that was only found, not asked for, leaves
# a working .venv of another version alone.
new_enough = -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
define find_python
python='$(PYTHON)'; kept=; \
if [ -n "$$python" ]; then \
  "$$python" $(new_enough) || { echo "Set-up stopped: PYTHON=$$python is not a Python 3.11 or later." >&2; exit 1; }; \
else \
  kept=--any-python; \
  for name in python3 python3.13 python3.12 python3.11 python3.14 python; do \
    if "$$name" $(new_enough); then python="$$name"; break; fi; \
  done; \
  [ -n "$$python" ] || { echo "Set-up stopped: no Python 3.11 or later found; install one," \
    "or name it: make setup PYTHON=/path/to/python3.12" >&2; exit 1; }; \
fi
endef
