"""Runs the tasks of a sweep on Ray. Started by `ballast sweep --engine ray`; argument: the orders, a JSON file.

Every task is a child process of a Ray worker. This process keeps the records in the results folder, as the local
engine does, and prints one line for each. Exit code 3: Ray is not installed.
"""

import json
import os
import subprocess
import sys

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
try:
    import ray
except ImportError:
    sys.exit(3)


def run_task(program, args, working_dir, environment, timeout, timeout_problem):
    """One child process: (exit code or None, stdout, stderr, problem or None); bytes, decoded by whoever keeps them."""
    import subprocess
    import tempfile

    # Files, not pipes, as in the local engine: what outlives a stopped task cannot make anybody wait.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        code, problem = None, None
        try:
            ended = subprocess.run(
                [program, *args],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=working_dir,
                env={**os.environ, **environment},
                timeout=timeout,
            )
            # Python gives the signal's number as a negative code; a signal is no exit code.
            code = ended.returncode if ended.returncode >= 0 else None
        except subprocess.TimeoutExpired:
            problem = timeout_problem
        except OSError as error:
            problem = f"could not run: {error.strerror} (os error {error.errno})"
        out.seek(0)
        err.seek(0)
        return code, out.read(), err.read(), problem


def keep(records, task, result):
    """Writes the record aside and renames it: it is there whole or not at all."""
    code, stdout, stderr, problem = result
    record = {
        "id": task["id"],
        "exit_code": code,
        "stdout": stdout.decode("utf-8", errors="replace"),
        "stderr": stderr.decode("utf-8", errors="replace"),
        "problem": problem,
    }
    path = os.path.join(records, task["id"])
    with open(path + ".part", "w", encoding="utf-8", newline="") as file:
        json.dump(record, file, ensure_ascii=False, indent=2)
        file.write("\n")
    os.replace(path + ".part", path + ".json")


def main(orders):
    shared = {"logging_level": "error", "log_to_driver": False}
    if orders["address"]:
        ray.init(address=orders["address"], **shared)
    else:
        ray.init(num_cpus=orders["jobs"], include_dashboard=False, **shared)
    remote = ray.remote(num_cpus=1, max_retries=2)(run_task)
    # Enough in flight to keep every worker busy, not so much that a large sweep fills the object store.
    window = max(64, 4 * int(ray.cluster_resources().get("CPU", 1)))
    waiting, flying = list(reversed(orders["tasks"])), {}
    while waiting or flying:
        while waiting and len(flying) < window:
            task = waiting.pop()
            reference = remote.remote(
                orders["program"],
                task["args"],
                orders["working_dir"],
                dict(orders["environment"]),
                orders["timeout_secs"],
                orders["timeout_problem"],
            )
            flying[reference] = task
        done, _ = ray.wait(list(flying), num_returns=1)
        for reference in done:
            task = flying.pop(reference)
            try:
                result = ray.get(reference)
            except ray.exceptions.RayError as error:
                result = (None, b"", b"", f"Ray lost the task: {type(error).__name__}")
            keep(orders["records"], task, result)
            print(task["id"], flush=True)
    ray.shutdown()


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        main(json.load(file))
