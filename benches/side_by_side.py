"""Runs commands in turns and prints the median wall time of each, start of the process to its exit, and the ratios.

Reads from standard input: {"runs": 50, "commands": [{"name", "argv", "most": ratio or null}]}. `{n}` in an argument is
the number of the run. The last command is what the others are compared with. Ends with 1 when one took more than `most`
times as long. Peak memory has a floor: that of this script, which the children begin as copies of.
"""

import json
import os
import statistics
import sys
import time

WARM_UP = 3


def run(argv, allowed=(0,)):
    """Wall milliseconds and peak memory in MB of one run; its output goes nowhere. Another exit code than those allowed
    ends the bench."""
    nowhere = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    began = time.perf_counter()
    child = os.posix_spawnp(argv[0], argv, os.environ, file_actions=nowhere)
    _, status, usage = os.wait4(child, 0)
    took = (time.perf_counter() - began) * 1000
    if os.waitstatus_to_exitcode(status) not in allowed:
        sys.exit(f"error: exit {os.waitstatus_to_exitcode(status)}: {' '.join(argv)[:400]}")
    return took, usage.ru_maxrss / 1024


def main():
    plan = json.load(sys.stdin)
    commands = plan["commands"]
    took = {command["name"]: [] for command in commands}
    memory = {command["name"]: 0.0 for command in commands}
    warm_up = plan.get("warm_up", WARM_UP)
    # In turns, so that whatever else the machine does falls on all of them alike.
    for n in range(-warm_up, plan["runs"]):
        for command in commands:
            argv = [argument.replace("{n}", str(n + warm_up)) for argument in command["argv"]]
            milliseconds, megabytes = run(argv)
            if n >= 0:
                took[command["name"]].append(milliseconds)
                memory[command["name"]] = max(memory[command["name"]], megabytes)
    base = statistics.median(took[commands[-1]["name"]])
    failed = False
    for command in commands:
        name, times = command["name"], sorted(took[command["name"]])
        median = statistics.median(times)
        slow = command.get("most") is not None and median / base > command["most"]
        failed |= slow
        print(
            f"{name:<28} median {median:9.2f} ms   fastest {times[0]:9.2f}   slowest {times[-1]:9.2f}   "
            f"peak {memory[name]:6.1f} MB   ratio {median / base:5.2f}{'  TOO SLOW' if slow else ''}"
        )
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
