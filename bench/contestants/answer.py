"""Reads numbers of calls from stdin, line by line, makes them, and prints the time of each and the peak memory."""

import json
import resource
import sys
import time


def timed(call):
    begun = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - begun)


def answer(call):
    for line in sys.stdin:
        milliseconds = [timed(call) for _ in range(int(line))]
        peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(json.dumps({"milliseconds": milliseconds, "peak": peak}), flush=True)
