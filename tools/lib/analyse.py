"""analyse.py BUILD_DIR CACHE_DIR: Clang's static analyser over every C file of server/ and tools/, one process per
core. A file is looked at again only when it, a header or the analyser changed. Prints what it finds, then
`N passed, N failed`; exit 1 when anything was found."""

import concurrent.futures
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SECONDS_PER_FILE = 240
CHECKS = ",".join(
    [
        "-*",
        "clang-analyzer-*",
        # asks for memcpy_s and friends of C11's annex K, which glibc does not have
        "-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling",
        # wants a structure's fields ordered by size; here they are ordered by meaning
        "-clang-analyzer-optin.performance.Padding",
    ]
)


def sources(build):
    commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    files = {}
    for command in commands:
        path = (Path(command["directory"]) / command["file"]).resolve()
        if path.suffix == ".c" and path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in ("server", "tools"):
            files[path] = command.get("command", "")
    return files


def fingerprint(version, headers, path, command):
    digest = hashlib.sha256()
    for part in (version, CHECKS, headers, command):
        digest.update(part.encode())
    digest.update(path.read_bytes())
    return digest.hexdigest()


def headers_digest():
    digest = hashlib.sha256()
    for top in ("server", "tools"):
        for path in sorted((ROOT / top).rglob("*.h")):
            digest.update(str(path).encode() + path.read_bytes())
    return digest.hexdigest()


def analyse(build, path):
    try:
        done = subprocess.run(
            ["clang-tidy", "--quiet", "-p", str(build), f"--checks={CHECKS}", "--warnings-as-errors=*"]
            + ["--extra-arg=-Wno-error", "--extra-arg=-Wno-unknown-warning-option", str(path)],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS_PER_FILE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{path}: not analysed within {SECONDS_PER_FILE} s"
    return "" if done.returncode == 0 else done.stdout + done.stderr


def main():
    build, cache = Path(sys.argv[1]), Path(sys.argv[2])
    cache.mkdir(parents=True, exist_ok=True)
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True, check=True).stdout
    headers = headers_digest()
    files = sources(build)
    marks = {path: cache / fingerprint(version, headers, path, command) for path, command in files.items()}
    todo = [path for path in sorted(files) if not marks[path].exists()]
    passed, failed = len(files) - len(todo), 0
    print(f"{len(files)} files, {len(todo)} new or changed", flush=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = {pool.submit(analyse, build, path): path for path in todo}
        for number, run in enumerate(concurrent.futures.as_completed(runs), 1):
            words = run.result()
            if words:
                failed += 1
                print(words, flush=True)
            else:
                passed += 1
                marks[runs[run]].touch()
            if number % 20 == 0:
                print(f"{number} of {len(todo)}", flush=True)
    for stale in set(cache.iterdir()) - set(marks.values()):
        stale.unlink()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
