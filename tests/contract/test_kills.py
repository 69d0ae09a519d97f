"""A host or a kernel is killed at a random moment of a run: nothing acknowledged is lost, nothing is left."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.killing import (
    ENDED,
    GUARD_S,
    Witness,
    expect_nothing_left,
    expect_nothing_lost,
    hosts_of,
    kernel,
    kill,
    run_id_of,
    until,
)

PACE_S = 1.5
BEFORE = 0.2
"""The share of kills that come before the run began; the others come during it or just after."""

SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(100, 150))]


def random_moment(home: Path, chance: random.Random) -> str:
    """Wait until a random moment; returns it in words."""
    if chance.random() < BEFORE:
        after = chance.uniform(0, 2.5)
        time.sleep(after)
        return f"{after:.2f} s after the start of the kernel"
    until(lambda: run_id_of(home), "the start of the run")
    after = chance.uniform(0, PACE_S + 0.5)
    time.sleep(after)
    return f"{after:.2f} s after the start of the run"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_host_that_is_killed_loses_nothing(tmp_path: Path, seed: int) -> None:
    witness = Witness(tmp_path)
    with kernel(tmp_path, PACE_S) as process:
        moment = random_moment(tmp_path, random.Random(f"host {seed}"))
        found = until(lambda: hosts_of(tmp_path) or (process.poll() is not None and [0]), "a host")
        if found[0]:
            kill(found[0])
        printed, _ = process.communicate(timeout=GUARD_S)
    witness.stop()
    after = expect_nothing_lost(tmp_path, witness)
    expect_nothing_left(tmp_path, witness.port)
    print(f"killed {moment}: {printed.strip()}, {after}")
    assert printed.strip() == after.status if printed.strip() in ENDED else printed.startswith("refused: ")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_kernel_that_is_killed_loses_nothing(tmp_path: Path, seed: int) -> None:
    witness = Witness(tmp_path)
    with kernel(tmp_path, PACE_S) as process:
        moment = random_moment(tmp_path, random.Random(f"kernel {seed}"))
        kill(process.pid)
        process.communicate(timeout=GUARD_S)
    witness.stop()
    after = expect_nothing_lost(tmp_path, witness)
    expect_nothing_left(tmp_path, witness.port)
    print(f"killed {moment}: {after}")
    assert after.status in (None, "completed")
