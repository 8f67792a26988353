"""Backups' way to an S3-compatible store: the unit test of the target, against stores of two makers."""

import os
import subprocess

import pytest
from harness.processes import PATIENCE, ROOT, SANITIZER, environment, program
from harness.s3 import S3rver, StrictS3


def run(url):
    done = subprocess.run(
        [program("backup_target_s3_test")],
        env={**environment(), "LAPAK_TEST_S3": url},
        capture_output=True,
        text=True,
        timeout=120 * PATIENCE,
        check=False,
    )
    assert done.returncode == 0 and not SANITIZER.search(done.stderr), done.stdout + done.stderr
    assert "SKIPPED" not in done.stdout + done.stderr


def test_a_store_that_checks_every_signature():
    store = StrictS3("lapak-test")
    try:
        run(store.url)
        assert not store.buckets["lapak-test"].uploads
    finally:
        store.stop()


def test_a_store_that_others_wrote(tmp_path):
    cache = os.environ.get("LAPAK_TEST_NPM", ROOT / "build" / "npm")
    s3rver = S3rver.program(cache)
    if not s3rver:
        pytest.skip("s3rver can't be had: no npm here, or its registry does not answer")
    store = S3rver(tmp_path, s3rver, "lapak-test")
    try:
        run(store.url)
    finally:
        store.stop()
