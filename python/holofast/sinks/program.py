"""A program as a sink: a command run by /bin/sh, the data on its standard input, as COPY has it.

How it is started, waited for and judged is PostgreSQL's: OpenPipeStream (fd.c), CopySendEndOfRow
and ClosePipeToProgram (copyto.c). Which command may be run is not decided here.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
from concurrent.futures import Future, wait
from typing import Final

from holofast.errors import DestinationError, ProgramError
from holofast.redaction import redact
from holofast.sinks import Cancelled, Commit, Part
from holofast.sinks.ordered import Turns

# PostgreSQL writes by stdio, whose last buffer is written when the pipe is closed: a program that
# is gone by then gives another error than one that is gone before.
_STDIO_BUFFER: Final = 4096

# Between SIGTERM and SIGKILL; and how soon a wait for the program's end notices cancel().
_GRACE_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.02

# What `holofast copy` exits with where the program itself did not fail.
_EXIT_CODE: Final = 1


class Program:
    """Runs `command` and writes it the parts in the order of their numbers; see `sinks.Sink`.

    The program has this process's environment, standard output and standard error, and like a
    server's it has no terminal and is a process group of its own. A run that is aborted kills the
    group before its input ends, so that it cannot take what it has for the whole.
    """

    def __init__(self, command: str) -> None:
        self._command = command
        self._turns = Turns()
        self._cancelled = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = False
        self._held = b""  # the last bytes so far, as stdio would hold them

    def open(self) -> None:
        """Start the program, as the server does before it runs the query."""
        # By a thread, which no signal interrupts: a program that runs has to be known.
        started: Future[None] = Future()
        try:
            threading.Thread(target=self._start, args=(started,), daemon=True).start()
            started.result()
        except KeyboardInterrupt:
            wait([started], _GRACE_SECONDS)
            raise
        except OSError as error:
            raise _failed(f'could not execute command "{redact(self._command)}"', error) from error

    def _start(self, started: Future[None]) -> None:
        try:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", self._command],
                stdin=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            started.set_exception(error)
        else:
            started.set_result(None)

    def write(self, part: Part) -> None:
        """Wait for the part's turn, then write all of it but what stdio would hold.

        Raises ProgramError where the program has failed, DestinationError XX000 where it has ended
        well but reads no more.
        """
        with self._turns.turn(part.number):
            if not part.data:
                return
            size = len(self._held) + len(part.data)
            held = size % _STDIO_BUFFER or _STDIO_BUFFER
            cut = max(0, len(part.data) - held)
            try:
                if size > held:
                    self._send(self._held)
                    self._send(part.data[:cut])
                    self._held = b""
            except BrokenPipeError as error:
                self._judge(self._wait(self._running))
                raise _failed("could not write to COPY program", error) from error
            self._held += bytes(part.data[cut:])

    def cancel(self) -> None:
        """End the program, so that no write waits for it any longer."""
        self._cancelled.set()
        self._turns.cancel()
        if self._process is not None:
            self._terminate(self._process)

    def commit(self, size: int, crc64: int) -> Commit:
        """End the program's input and wait until it has exited with 0.

        Raises ProgramError where it fails, DestinationError XX000 where it did not read the last.
        """
        process = self._running
        assert process.stdin is not None
        unread: BrokenPipeError | None = None
        try:
            self._send(self._held)
        except BrokenPipeError as error:
            unread = error
        process.stdin.close()
        self._judge(self._wait(process))
        if unread is not None:
            raise _failed("could not close pipe to external command", unread)
        return Commit(None, confirmed=True)

    def abort(self) -> str | None:
        """Kill the program and all that it started; tells so, as what it has done stays done."""
        process = self._process
        if process is None:
            return None
        self._terminate(process)
        assert process.stdin is not None
        gone = not self._killed
        try:
            gone = gone or _is_gone(process)
        finally:  # an interrupt too
            if not gone:
                _signal_group(process, signal.SIGKILL)
            process.stdin.close()
            process.wait()
        if not self._killed:
            return None
        return "the program was killed before the end of its data; what it has done so far stays"

    def withdraw(self) -> str | None:
        """Nothing to undo: the program has ended; tells so, as what it has done stays done."""
        return "the program has ended well; what it has done stays"

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "write before open"
        return self._process

    def _send(self, data: bytes | memoryview) -> None:
        stdin = self._running.stdin
        assert stdin is not None
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(stdin.fileno(), rest) :]
        except BrokenPipeError:
            if self._cancelled.is_set():
                raise Cancelled from None
            raise

    def _wait(self, process: subprocess.Popen[bytes]) -> int:
        """The program's status: its exit code, or a signal's number below zero."""
        while process.poll() is None:
            if self._cancelled.wait(_POLL_SECONDS):
                raise Cancelled
        return process.returncode

    def _judge(self, status: int) -> None:
        if status:
            raise ProgramError(redact(self._command), status)

    def _terminate(self, process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            self._killed = True
            _signal_group(process, signal.SIGTERM)


def _is_gone(process: subprocess.Popen[bytes]) -> bool:
    """Whether the program ends in time, and leaves nobody who could see the end of its input."""
    assert process.stdin is not None
    pipe = select.poll()
    pipe.register(process.stdin, 0)  # POLLERR comes unasked when there is no reader
    if not pipe.poll(_GRACE_SECONDS * 1000):
        return False
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send it to the program and all that it started.

    The group's number is not given anew while anybody is in it, even when the program itself has
    ended.
    """
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _failed(what: str, error: OSError) -> DestinationError:
    return DestinationError(_EXIT_CODE, f"{what}: {error.strerror}", sqlstate="XX000")
