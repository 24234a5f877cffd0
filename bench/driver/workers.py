# SPDX-License-Identifier: Apache-2.0
"""The measured programs, kept running so that they can take turns within milliseconds."""

import json
import os
import select
import subprocess
import time

# Both sides ask for huge pages for large memory; this does the same for what a library allocates inside.
ENVIRONMENT = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
ANSWER_SECONDS = 300
# A library's idle threads spin for a while after a call (GNU OpenMP's for 300,000 pauses, some 6 ms); the next program
# shall not meet them.
SETTLE_SECONDS = 0.012


class Worker:
    """A program that answers each line on its input (a benchmark's name) with a line of JSON."""

    def __init__(self, command):
        self.command = command
        self.process = None
        self.buffer = b""
        self.about = {}
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env={**os.environ, **ENVIRONMENT})
        self.buffer = b""
        self.about = self.read_line()

    def read_line(self):
        deadline = time.monotonic() + ANSWER_SECONDS
        stream = self.process.stdout.fileno()
        while b"\n" not in self.buffer:
            ready, _, _ = select.select([stream], [], [], max(0.0, deadline - time.monotonic()))
            data = os.read(stream, 65536) if ready else b""
            if not data:
                reason = "ended" if ready else f"gave no answer in {ANSWER_SECONDS} s"
                self.stop()
                return {"error": f"the program {reason}"}
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def ask(self, name):
        """{"median_ms", "min_ms", "samples"} or {"error"}."""
        if self.process is None:
            self.start()
        try:
            self.process.stdin.write(name.encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            self.stop()
            return {"error": "the program ended"}
        answer = self.read_line()
        time.sleep(SETTLE_SECONDS)
        return answer

    def stop(self):
        if self.process is None:
            return
        self.process.stdin.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process = None
