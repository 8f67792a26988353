"""Fixtures of the scenario tests: `world` (see harness/world.py), `browser` (headless Chromium), and the proof at
the end of every scenario.

    pytest tests/scenarios                  with build-asan/, else build/, or what LAPAK_BUILD names
    LAPAK_TEST_DATABASE_URL, DATABASE_URL   a PostgreSQL to use instead of a private cluster
    LAPAK_TEST_PATIENCE=3                   waiting times times three
    LAPAK_TEST_KEEP=1                       keeps every scenario's directory and database
"""

import os
import signal
import sys
import tempfile
import threading
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness import cluster as cluster_module  # noqa: E402
from harness import processes  # noqa: E402
from harness.world import World  # noqa: E402
from sandbox_client import Sandbox  # noqa: E402


def pytest_configure(config):
    def end(number, frame):
        raise KeyboardInterrupt

    # as Ctrl-C does: fixtures are torn down, so that no server stays behind
    # a worker of pytest-xdist may run its session in another thread; it ends with the one that started it
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, end)


@pytest.fixture(scope="session")
def cluster():
    one = cluster_module.Cluster()
    yield one
    one.stop()


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory):
    port = processes.free_port()
    url = f"http://127.0.0.1:{port}"
    process = processes.Process(
        "lapak-sandbox",
        [processes.program("lapak-sandbox"), "--listen", f"127.0.0.1:{port}", "--fast"],
        tmp_path_factory.mktemp("sandbox") / "sandbox.out",
        processes.environment(),
        f"{url}/sandbox/state",
    )
    process.wait_ready()
    client = Sandbox(url)
    client.process = process
    yield client
    faults = process.stop()
    assert not faults, "\n".join(faults)


@pytest.fixture
def world(cluster, sandbox):
    assert sandbox.process.alive(), f"the sandbox has ended:\n{sandbox.process.tail()}"
    one = World(cluster, sandbox, tempfile.mkdtemp(prefix="lapak-world-"))
    yield one
    one.close()


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    from harness.browser import start_browser

    driver = start_browser(tmp_path_factory.mktemp("chromium"))
    yield driver
    driver.quit()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Runs the scenario, then its world's proof, as one test."""
    world = pyfuncitem.funcargs.get("world")
    if not isinstance(world, World):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names})
    world.prove()
    return True


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    world = getattr(item, "funcargs", {}).get("world")
    if report.when != "call" or not report.failed or not isinstance(world, World):
        return
    for title, tell in (("log", world.log_tails), ("chat", world.conversations)):
        try:
            for name, text in tell():
                report.sections.append((f"{title}: {name}", text))
        except Exception as error:  # a report about a failure must not fail itself
            report.sections.append((title, f"could not be read: {error!r}"))
    report.sections.append(("sandbox", world.sandbox.process.tail(10)))
    if os.environ.get("LAPAK_TEST_KEEP"):
        report.sections.append(("kept", f"{world.directory}, database {world.database}"))
