"""What survives a long full collection is set aside; nothing is lost to the collector for good."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from deploy.collecting import SettingAside


class Ring:
    """Holds itself, so that only the collector can free it."""

    def __init__(self) -> None:
        self.itself: Ring = self


@pytest.fixture
def eager() -> Iterator[SettingAside]:
    """Every full collection counts as long."""
    collector = SettingAside(long_seconds=0)
    collector.install()
    yield collector
    collector.remove()


def test_a_survivor_is_set_aside_until_all_is_reconsidered(eager: SettingAside) -> None:
    ring = Ring()
    seen = weakref.ref(ring)
    gc.collect()
    assert eager.has_set_aside
    del ring
    gc.collect()
    assert seen() is not None
    eager.reconsider()
    assert seen() is None


def test_a_last_reference_frees_what_was_set_aside(eager: SettingAside) -> None:
    ring = Ring()
    seen = weakref.ref(ring)
    gc.collect()
    assert eager.has_set_aside
    del ring.itself
    del ring
    assert seen() is None


@pytest.mark.parametrize("generation", [0, 1])
def test_collections_of_the_young_set_nothing_aside(eager: SettingAside, generation: int) -> None:
    gc.collect(generation)
    assert not eager.has_set_aside


def test_a_short_collection_sets_nothing_aside() -> None:
    collector = SettingAside(long_seconds=3600)
    collector.install()
    try:
        ring = Ring()
        seen = weakref.ref(ring)
        gc.collect()
        assert not collector.has_set_aside
        del ring
        gc.collect()
        assert seen() is None
    finally:
        collector.remove()
