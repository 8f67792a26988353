"""The scenario tests' world: a real lapakd, a real PostgreSQL, the sandbox as Telegram, Pakasir and people."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

# the sandbox's client is shared with tools/demo
sys.path.insert(0, str(ROOT / "tools" / "lib"))
