"""Coverage waits while a sweep is run, and for nothing else."""

from types import SimpleNamespace

import pytest

from tests import conftest


@pytest.mark.parametrize(("mark", "waits"), [("sweep", ["stop", "the test", "start"]), (None, ["the test"])])
@pytest.mark.parametrize("ends", [True, False])
def test_coverage_waits_for_a_sweep(
    mark: str | None, waits: list[str], ends: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    measured = SimpleNamespace(stop=lambda: seen.append("stop"), start=lambda: seen.append("start"))
    monkeypatch.setattr(conftest, "_coverage", lambda: measured)
    item: pytest.Item = SimpleNamespace(get_closest_marker=lambda name: mark if name == mark else None)  # type: ignore[assignment]
    run = conftest.pytest_runtest_protocol(item)
    next(run)
    seen.append("the test")
    with pytest.raises(StopIteration if ends else KeyboardInterrupt):
        next(run) if ends else run.throw(KeyboardInterrupt())
    assert seen == waits
