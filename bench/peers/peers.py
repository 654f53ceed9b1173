"""Runs the Python peers on inputs that the Rust side wrote, and writes their answers and times.

    python peers.py INPUT_FOLDER ANSWERS.json

INPUT_FOLDER holds cases.json (what to run) and the .npy files it names. One thread; imports, reading and the
building of plain matrices are not timed; a warm-up, then `repeats` runs, or `slow_repeats` where one takes over
`slow_secs`. Every time is written, in seconds; what to make of them is the Rust side's business.
"""

import os

# Before numpy and its BLAS are loaded: they read these once.
for variable in ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR", "RAYON", "VECLIB_MAXIMUM"):
    os.environ[f"{variable}_NUM_THREADS"] = "1"

import gc
import importlib
import importlib.metadata
import json
import platform
import sys
import time
import warnings
from pathlib import Path

import numpy as np

PEERS = ("skfolio", "clarabel", "arch")


def waited():
    """Seconds that this thread has waited for a busy processor (Linux's schedstat), zero where that is not told."""
    try:
        with open("/proc/thread-self/schedstat", encoding="ascii") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


class Clock:
    """Wall time less the time waited for a processor, as the Rust side measures it."""

    def __init__(self):
        self.waited = waited()
        self.begin = time.perf_counter()

    def seconds(self):
        elapsed = time.perf_counter() - self.begin
        return max(0.0, elapsed - (waited() - self.waited))


def timed(run, settings):
    """(answer of the last run, seconds of each). The warm-up also tells whether the case is slow."""
    clock = Clock()
    answer = run()
    slow = clock.seconds() > settings["slow_secs"]
    times = []
    gc.collect()
    gc.disable()
    try:
        for _ in range(settings["slow_repeats"] if slow else settings["repeats"]):
            clock = Clock()
            answer = run()
            times.append(clock.seconds())
    finally:
        gc.enable()
    return answer, times


def min_cvar_skfolio(case, returns):
    """skfolio's own estimator, from its defaults to the fitted weights."""
    from skfolio import RiskMeasure
    from skfolio.optimization import MeanRisk, ObjectiveFunction

    def run():
        model = MeanRisk(
            objective_function=ObjectiveFunction.MINIMIZE_RISK,
            risk_measure=RiskMeasure.CVAR,
            cvar_beta=case["alpha"],
            max_weights=case["max_weight"],
        )
        return model.fit(returns).weights_

    return run, lambda weights: {"weights": weights.tolist()}


def min_cvar_clarabel(case, returns):
    """The whole linear programme of Rockafellar and Uryasev (2000): weights w, threshold t, one excess u a scenario.

    minimise t + sum(u) / ((1 - alpha) S)  where  u >= -r.w - t,  u >= 0,  sum(w) = 1,  0 <= w <= max_weight
    """
    import clarabel
    from scipy import sparse

    scenarios, assets = returns.shape
    eye, excess = sparse.identity(assets), sparse.identity(scenarios)
    rows = sparse.bmat(
        [
            [np.ones((1, assets)), None, None],
            [-eye, None, None],
            [eye, None, None],
            [None, None, -excess],
            [-sparse.csc_matrix(returns), -np.ones((scenarios, 1)), -excess],
        ],
        format="csc",
    )
    bounds = np.concatenate([[1.0], np.zeros(assets), np.full(assets, case["max_weight"]), np.zeros(2 * scenarios)])
    tail = np.full(scenarios, 1.0 / ((1.0 - case["alpha"]) * scenarios))
    cost = np.concatenate([np.zeros(assets), [1.0], tail])
    cones = [clarabel.ZeroConeT(1), clarabel.NonnegativeConeT(2 * assets + 2 * scenarios)]
    quadratic = sparse.csc_matrix((cost.size, cost.size))
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    settings.direct_solve_method = "qdldl"

    def run():
        solution = clarabel.DefaultSolver(quadratic, cost, rows, bounds, cones, settings).solve()
        if str(solution.status) != "Solved":
            raise RuntimeError(f"clarabel: {solution.status}")
        return solution

    def answer(solution):
        return {"weights": list(solution.x)[:assets], "objective": solution.obj_val, "iterations": solution.iterations}

    return run, answer


def hrp_skfolio(case, returns):
    """Hierarchical risk parity; skfolio's defaults: Pearson distance, Ward linkage, variance."""
    from skfolio.optimization import HierarchicalRiskParity

    return lambda: HierarchicalRiskParity().fit(returns).weights_, lambda weights: {"weights": weights.tolist()}


def garch_arch(case, series):
    """GARCH(1,1), constant mean, normal errors: the model's construction and its fit."""
    from arch import arch_model

    def run():
        return arch_model(series, mean="Constant", vol="GARCH", p=1, q=1, dist="normal", rescale=False).fit(disp="off")

    def answer(fit):
        mu, omega, alpha, beta = (float(fit.params[name]) for name in ("mu", "omega", "alpha[1]", "beta[1]"))
        return {"log_likelihood": float(fit.loglikelihood), "mu": mu, "omega": omega, "alpha": alpha, "beta": beta}

    return run, answer


def bootstrap_arch(case, series):
    """Stationary bootstrap: every resample is drawn and gathered, nothing is computed from it."""
    from arch.bootstrap import StationaryBootstrap

    def resamples():
        return StationaryBootstrap(case["block"], series, seed=case["seed"]).bootstrap(case["paths"])

    def run():
        for _ in resamples():
            pass

    def answer(_):
        means = np.array([positional[0].mean() for positional, _ in resamples()])
        return {"mean": float(means.mean()), "variance": float(means.var(ddof=1))}

    return run, answer


RUNNERS = {
    ("min_cvar", "skfolio"): min_cvar_skfolio,
    ("min_cvar", "clarabel"): min_cvar_clarabel,
    ("hrp", "skfolio"): hrp_skfolio,
    ("garch", "arch"): garch_arch,
    ("bootstrap", "arch"): bootstrap_arch,
}


def main(folder, answers_file):
    plan = json.loads((folder / "cases.json").read_text())
    versions = {peer: importlib.metadata.version(peer) for peer in PEERS}
    for peer in PEERS:
        importlib.import_module(peer)
    warnings.simplefilter("ignore")
    results = []
    for case in plan["cases"]:
        data = np.load(folder / case["file"])
        for peer in case["peers"]:
            print(f"  {peer}: {case['name']}", file=sys.stderr, flush=True)
            run, answer = RUNNERS[case["kind"], peer](case, data)
            last, times = timed(run, plan)
            results.append({"case": case["name"], "peer": peer, "times": times, "answer": answer(last)})
    answers = {"python": platform.python_version(), "versions": versions, "results": results}
    answers_file.write_text(json.dumps(answers, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
