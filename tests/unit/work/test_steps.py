from dataclasses import replace
from fractions import Fraction

from insta_stream.library.draft import renditions
from insta_stream.media.model import Plan, RenditionPlan
from insta_stream.ticks import seconds
from insta_stream.timeline.table import SegmentTable
from insta_stream.work.steps import PackagingStep, can_split, side_by_side, steps, with_starter


def plan(*names: str, copied: str = "", starter: str = "") -> Plan:
    made = tuple(RenditionPlan(n, "copy" if n == copied else "encode", copies_audio=False) for n in names)
    table = SegmentTable(((2, seconds(2)),))
    return Plan(table, Fraction(25), (0, 50, 100), made, starter, cautions=())


def test_a_long_film_airs_its_copy_and_its_starter_first() -> None:
    assert steps(renditions(plan("1080p", "720p", "480p", "240p", copied="1080p", starter="240p"))) == (
        PackagingStep("copy", ("1080p",), is_urgent=True),
        PackagingStep("starter", ("240p",), is_urgent=True),
        PackagingStep("ladder", ("720p", "480p"), is_urgent=False),
    )


def test_a_short_clip_is_made_in_one_go_at_once() -> None:
    made = renditions(plan("360p", "240p"))
    assert steps(made) == (PackagingStep("ladder", ("360p", "240p"), is_urgent=True),)


def test_a_package_of_an_older_version_is_made_as_it_was_begun() -> None:
    made = [replace(each, is_early=False) for each in renditions(plan("360p", "240p"))]
    (ladder,) = steps(made)
    assert ladder == PackagingStep("ladder", ("360p", "240p"), is_urgent=True)
    assert not can_split(ladder, made)


def test_the_lowest_rung_of_a_slow_ladder_becomes_its_starter() -> None:
    made = renditions(plan("720p", "480p", "360p", "240p", copied="720p"))
    copy, ladder = steps(made)
    assert not can_split(copy, made)
    assert can_split(ladder, made)
    split = with_starter(made, ladder)
    assert steps(split) == (
        copy,
        PackagingStep("starter", ("240p",), is_urgent=True),
        PackagingStep("ladder", ("480p", "360p"), is_urgent=False),
    )
    assert not any(can_split(step, split) for step in steps(split))


def test_copy_and_starter_do_not_wait_for_each_other() -> None:
    made = renditions(plan("1080p", "720p", "240p", copied="1080p", starter="240p"))
    copy, starter, rest = steps(made)
    assert side_by_side((copy, starter, rest)) == ((copy, starter), (rest,))
    assert side_by_side((starter, rest)) == ((starter,), (rest,))
    assert side_by_side((rest,)) == ((rest,),)


def test_a_copy_does_not_keep_the_only_other_rung_waiting() -> None:
    copy, rest = steps(renditions(plan("360p", "240p", copied="360p")))
    assert side_by_side((copy, rest)) == ((copy, rest),)


def test_what_goes_ahead_of_its_playing_may_air_while_it_grows() -> None:
    made = renditions(plan("1080p", "720p", "480p", "240p", copied="1080p", starter="240p"))
    assert [(each.name, each.kind, each.is_early) for each in made] == [
        ("1080p", "copy", True),
        ("720p", "encode", False),
        ("480p", "encode", False),
        ("240p", "encode", True),
    ]
    assert [each.is_early for each in renditions(plan("360p", "240p", copied="360p"))] == [True, True]
    assert [each.is_early for each in renditions(plan("480p", "360p", "240p"))] == [True, True, True]
