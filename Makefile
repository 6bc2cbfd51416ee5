# Each target works in a fresh clone: it makes .venv when there is none.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

# The tests start many processes: without compiled modules on disk, each of them would compile all of ours again.
unexport PYTHONDONTWRITEBYTECODE

CELLS := tests/test_agreement.py tests/test_second_derivatives.py tests/test_optimizers.py::test_optimizers

.PHONY: verify full test bench trial trial-docs attack attack-docs mutants mutants-docs optimizers-docs readme picture lint clean

# The page is made of what there is, and says so, when cells fail; make fails all the same.
verify: $(READY)  ## run the agreement matrix on every device found, print the table, write report/agreement.html
	$(BIN)/python -m pytest $(CELLS) -n auto --report report/rows.jsonl; status=$$?; \
	$(BIN)/python -m gradagree report report/rows.jsonl -o report/agreement.html && exit $$status

full: $(READY)  ## run every cell that makes sense: minutes
	$(BIN)/python -m pytest $(CELLS) -q -n auto --depth full

# Sweeps run by themselves: of some 8,000 lines of code, 50 are met in no other tests; and coverage would make them
# twice as slow.
test: $(READY)  ## run the whole test suite, with the coverage of reference/ and gradagree/
	$(BIN)/python -m pytest -q -n auto -m "not sweep" --cov --cov-report=term
	$(BIN)/python -m pytest -q -n auto -m sweep

bench: $(READY)  ## print what verifying costs, measured side by side in one run
	$(BIN)/python -m tools.bench

trial: $(READY)  ## put the judge on trial: what it must catch, and what it must never accuse
	$(BIN)/python -m tools.trial

trial-docs: $(READY)  ## the same, written to docs/trial.md
	$(BIN)/python -m tools.trial --write

attack: $(READY)  ## search for data on which a correct evaluation leaves its bound (minutes)
	$(BIN)/python -m tools.attack

attack-docs: $(READY)  ## the same, written to docs/attack.md
	$(BIN)/python -m tools.attack --write

mutants: $(READY)  ## break the judge itself, a place at a time, and see whether its tests notice (minutes)
	$(BIN)/python -m tools.mutants

mutants-docs: $(READY)  ## the same, its score and survivors written to docs/mutants.md
	$(BIN)/python -m tools.mutants --write

optimizers-docs: $(READY)  ## which arguments make torch, optax and Keras the same optimizer, written to docs/optimizers.md
	$(BIN)/python -m tools.optimizers --write

readme: $(READY)  ## write anew what the README shows of runs
	$(BIN)/python -m tools.readme

picture: verify  ## write anew the README's picture of the page; needs chromium and its driver
	$(BIN)/python -m tools.picture report/agreement.html docs/agreement.png

lint: $(READY)  ## ruff, mypy --strict, which way imports run, and the workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/zizmor --offline --quiet .github/workflows
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[torch,jax,report,test,lint]'
	touch $@

clean:
	rm -rf .venv
