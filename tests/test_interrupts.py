"""A signal in the middle of an upload: nothing is left, or what may be left is said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from holofast.sinks.multipart import Multipart
from holofast.testing.oss_server import Fault

from tests.several_objects import KEYS, export, sink

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


class Interrupted(Multipart):
    """Its commit is preceded by a signal."""

    number = signal.SIGINT

    def commit(self, size: int, crc64: int) -> Any:
        os.kill(os.getpid(), self.number)
        return super().commit(size, crc64)


class Terminated(Interrupted):
    number = signal.SIGTERM


@pytest.mark.usefixtures("hurry")
@pytest.mark.parametrize("kind", [Interrupted, Terminated])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_an_interrupt_between_commits_leaves_nothing(
    oss: LoopbackOss, kind: type[Multipart], at: int
) -> None:
    sinks = [sink(oss, key, kind if key == KEYS[at] else Multipart) for key in KEYS]
    with pytest.raises(KeyboardInterrupt) as caught:
        export(oss, sinks=sinks)
    assert not hasattr(caught.value, "__notes__")
    oss.assert_nothing_left()
    assert oss.operations().count("DeleteObject") == at


def interrupting(oss: LoopbackOss, *times: int) -> threading.Thread:
    """Sends SIGINT whenever so many faults have fired."""

    def send() -> None:
        for fired in times:
            while len(oss.faults.fired()) < fired:
                time.sleep(0.005)
            os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    return thread


@pytest.mark.usefixtures("hurry")
@pytest.mark.parametrize(
    "operation", ["InitiateMultipartUpload", "UploadPart", "CompleteMultipartUpload"]
)
def test_an_interrupt_in_a_request_of_the_second_object(oss: LoopbackOss, operation: str) -> None:
    oss.faults.add(Fault(kind="hang", operation=operation, target=KEYS[1], seconds=10))
    signals = interrupting(oss, 1)
    with pytest.raises(KeyboardInterrupt):
        export(oss)
    signals.join()
    oss.assert_nothing_left()


@pytest.mark.usefixtures("hurry")
def test_a_second_interrupt_ends_one_clean_up_and_not_the_others(oss: LoopbackOss) -> None:
    oss.faults.add(
        Fault(kind="hang", operation="CompleteMultipartUpload", target=KEYS[2], seconds=10),
        Fault(kind="hang", operation="DeleteObject", target=KEYS[0], seconds=10),
    )
    signals = interrupting(oss, 1, 2)
    with pytest.raises(KeyboardInterrupt) as caught:
        export(oss)
    signals.join()
    assert list(oss.objects()) == [KEYS[0]]
    assert oss.uploads() == []
    (said,) = caught.value.__notes__
    assert f"oss://{oss.bucket_name}/{KEYS[0]} was not deleted (interrupted)" in said
    assert KEYS[1] not in said
