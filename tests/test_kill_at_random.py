import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the processes that are killed are forked")
def test_what_is_saved_is_old_or_new_after_a_few_kills() -> None:
    command = [sys.executable, "-m", "tests.kill_at_random", "split", "export", "--kills", "4"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    for line in ended.stdout.splitlines():
        counts = json.loads(line)
        assert counts["killed"] == counts["old"] + counts["new"] == 4
