"""A signal in the middle of an upload: nothing is left, or what may be left is said."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from holofast.testing.oss_server import Fault

if TYPE_CHECKING:
    from tests.oss_fixtures import LoopbackOss

CHILD = """
import sys
from holofast import api
from holofast.sinks import store
store.PART_SIZE = 102400
query = "select range, range::text from range(100000000)"
try:
    api.copy(f"COPY ({query}) TO PROGRAM 'hg_dump_to_oss {' '.join(sys.argv[1:])}'")
except KeyboardInterrupt as interrupt:
    print(*getattr(interrupt, "__notes__", []))
    sys.exit(111)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("operation", ["InitiateMultipartUpload", "UploadPart"])
def test_a_signal_leaves_nothing(oss: LoopbackOss, number: signal.Signals, operation: str) -> None:
    oss.faults.add(Fault(kind="slow", operation=operation, seconds=1))
    command = [sys.executable, "-c", CHILD, *oss.arguments()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        while not oss.faults.fired() and child.poll() is None:
            time.sleep(0.01)
        child.send_signal(number)
        said, _ = child.communicate(timeout=30)
    assert child.returncode == 111
    assert oss.objects() == {}
    # The server may carry out an Initiate whose client is gone.
    assert ("may be left open" in said) == (operation == "InitiateMultipartUpload")
    assert oss.uploads() == [] or operation == "InitiateMultipartUpload"
