from __future__ import annotations

import pytest

from worker_widget.console.channel.pacing import (
    BYTES_PER_S,
    FLOOD_S,
    FOLLOWED_EVENTS,
    FRAME_S,
    LAG_FRAMES,
    SLOWEST_S,
    Pacer,
)


def test_the_first_frame_goes_at_once_and_then_twelve_a_second() -> None:
    pacer = Pacer()
    assert pacer.wait(now=100.0) == 0
    pacer.sent(100.0)
    assert pacer.wait(now=100.0) == pytest.approx(FRAME_S)
    assert pacer.wait(now=100.03) == pytest.approx(FRAME_S - 0.03)
    assert pacer.wait(now=101.0) == 0


def test_without_any_acknowledgement_the_pace_is_full() -> None:
    pacer = Pacer()
    sent = 0
    now = 0.0
    while now < 10.0:
        now += pacer.wait(now)
        pacer.sent(now)
        sent += 1
    assert sent == pytest.approx(10 / FRAME_S, rel=0.02)


@pytest.mark.parametrize(
    ("lag", "interval"),
    [
        (0, FRAME_S),
        (LAG_FRAMES, FRAME_S),
        (LAG_FRAMES * 2, FRAME_S * 2),
        (LAG_FRAMES * 1000, SLOWEST_S),
    ],
)
def test_a_browser_that_falls_behind_gets_fewer(lag: int, interval: float) -> None:
    pacer = Pacer()
    pacer.sent(50.0)
    pacer.acknowledged("view", lag, now=50.0)
    assert pacer.wait(now=50.0) == pytest.approx(interval)


def test_between_two_acknowledgements_a_browser_does_not_fall_behind() -> None:
    pacer = Pacer()
    pacer.acknowledged("view", 1, now=50.0)
    pacer.sent(51.9)
    assert pacer.wait(now=51.9) == pytest.approx(FRAME_S)


def test_one_that_fell_silent_no_longer_slows_the_others() -> None:
    pacer = Pacer()
    pacer.acknowledged("asleep", 5000, now=50.0)
    pacer.acknowledged("awake", 0, now=60.0)
    pacer.sent(60.0)
    assert pacer.wait(now=60.0) == pytest.approx(FRAME_S)


def test_a_view_that_is_forgotten_no_longer_counts() -> None:
    pacer = Pacer()
    pacer.acknowledged("hidden", 5000, now=50.0)
    pacer.sent(50.0)
    assert pacer.wait(now=50.0) > FRAME_S
    pacer.forget("hidden")
    assert pacer.wait(now=50.0) == pytest.approx(FRAME_S)


def test_large_frames_are_followed_later() -> None:
    pacer = Pacer()
    pacer.sent(50.0, BYTES_PER_S // 10)
    assert pacer.wait(now=50.0) == pytest.approx(0.1)
    pacer.sent(51.0, BYTES_PER_S * 60)
    assert pacer.wait(now=51.0) == pytest.approx(SLOWEST_S)
    pacer.sent(52.0, 100)
    assert pacer.wait(now=52.0) == pytest.approx(FRAME_S)


def test_frames_of_more_events_than_a_pane_shows_are_followed_later() -> None:
    pacer = Pacer()
    pacer.sent(50.0, events=FOLLOWED_EVENTS)
    assert pacer.wait(now=50.0) == pytest.approx(FRAME_S)
    pacer.sent(51.0, events=FOLLOWED_EVENTS + 1)
    assert pacer.wait(now=51.0) == pytest.approx(FLOOD_S)
    pacer.sent(52.0, events=1)
    assert pacer.wait(now=52.0) == pytest.approx(FRAME_S)
