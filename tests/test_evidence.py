"""What tells that two entries are one story, and what only looks like it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.evidence import Evidence, Seen, measure, verdict
from aggregator.model import Entry
from aggregator.prints import from_stored, print_of, prints_of, to_bytes
from aggregator.titles import Likeness

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)

FERRY_TITLE = "Night ferry to stay until the harbour bridge is mended"
FERRY = (
    "The council voted late on Tuesday to keep the night ferry running until the harbour bridge is"
    " mended, after a count of 3,012 passengers a week that nobody in the town hall had expected.",
    "The bridge was closed in January when divers found that two of its oldest piers had been"
    " washed out by the winter storms, and engineers now say that the work will last 14 months.",
    "Shopkeepers on the far shore had feared for their trade; one said that without the boat half"
    " of her customers would simply not come across any more, least of all in the evening.",
    "The ferry costs the town 420,000 crowns a year, most of it for wages and fuel, and the finance"
    " committee wanted to save it from April; seven members voted for the boat and four against.",
    "A second boat, borrowed from the islands, is to help out on market days from the spring.",
)
FERRY_ZH_TITLE = "夜间渡轮将保留至海港大桥修复完工"
FERRY_ZH = (
    "市议会周二深夜投票决定，在海港大桥修复完工之前继续保留夜间渡轮，此前的一次统计显示每周有3012人次乘坐，超出所有人的预料。",
    "大桥自1月起关闭，潜水员当时发现两座最老的桥墩已被冬季风暴淘空，工程师估计修复工作还需要14个月。",
    "对岸的店主们一直担心生意，其中一位说，没有渡轮，一半的顾客晚上根本不会过来。",
    "渡轮每年花费市财政42万元，主要是工资和燃料，财政委员会原打算从4月起停航；最终七票赞成、四票反对。",
)
TRADITIONAL = str.maketrans(
    "议会决定复务桥继续夜间渡轮统计显示预料关闭时发现两风暴师对岸们担说没顾客实务费资员财终赞",
    "議會決定復務橋繼續夜間渡輪統計顯示預料關閉時發現兩風暴師對岸們擔說沒顧客實務費資員財終贊",
)  # fmt: skip


def seen(title: str, *paragraphs: str, source: str = "a", hours: float = 0, **more: object) -> Seen:
    content = "".join(f"<p>{p}</p>" for p in paragraphs)
    fields = {"outlet": f"{source}.example"} | more
    return Seen(
        print=print_of(Entry(title=title, content=content)),
        source=source,
        published=NOON + timedelta(hours=hours),
        **fields,
    )


def said(new: Seen, old: Seen) -> tuple[bool, str]:
    (evidence,) = measure(new.print, [old.print], [1])
    if evidence is None:
        return False, "nothing in common"
    found = verdict(new, old, evidence)
    return found.one, found.rule


def agreed(one: Seen, two: Seen) -> tuple[bool, str]:
    """The verdict, which does not hang on who came first."""
    assert said(one, two)[0] == said(two, one)[0]
    return said(one, two)


COPIES = {
    "to the letter": (FERRY_TITLE, FERRY),
    "with a credit": (FERRY_TITLE, ("(Northern Wire) - " + FERRY[0], *FERRY[1:], "Copyright 2026 Wire. All rights reserved.")),
    "cut": ("Night ferry to stay until bridge is mended", FERRY[:3]),
    "a paragraph left out, two in another order": (FERRY_TITLE, (FERRY[0], FERRY[3], FERRY[2])),
    "under another title": ("Council saves the boat", FERRY),
    "an excerpt": (FERRY_TITLE, (FERRY[0][:150] + " …",)),
    "with figures in words": (FERRY_TITLE, (FERRY[0].replace("3,012", "some three thousand"), *FERRY[1:])),
    "edited": (
        "Harbour's night ferry to stay until bridge is mended",
        (
            "The town council decided late on Tuesday to keep the night ferry running until the"
            " harbour bridge is mended, after a count of 3,012 passengers a week.",
            "The bridge was closed in January when divers found that two of its oldest piers had"
            " been washed out by storms. Engineers say that the work will last 14 months.",
            "The ferry costs the town 420,000 crowns a year, most of it for wages and fuel; seven"
            " members voted for the boat and four against.",
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_in_another_outlet_is_the_same_story(copy: str) -> None:
    title, paragraphs = COPIES[copy]
    one, rule = agreed(seen(title, *paragraphs, source="b", hours=5), seen(FERRY_TITLE, *FERRY))
    assert one, rule


@pytest.mark.parametrize(
    "paragraphs",
    [
        FERRY_ZH,
        tuple(p.translate(TRADITIONAL) for p in FERRY_ZH),
        ("【本报讯】" + FERRY_ZH[0], *FERRY_ZH[1:], "（文章来源：江海日报）", "责任编辑：李明"),
        (FERRY_ZH[0],),
        (FERRY_ZH[0], FERRY_ZH[1], FERRY_ZH[3]),
        tuple(p.replace("，", ",").replace("。", ".") for p in FERRY_ZH),
    ],
)
def test_a_chinese_copy_is_the_same_story(paragraphs: tuple[str, ...]) -> None:
    one, rule = agreed(
        seen(FERRY_ZH_TITLE, *paragraphs, source="b", hours=9), seen(FERRY_ZH_TITLE, *FERRY_ZH)
    )
    assert one, rule


def test_a_correction_is_the_story_that_it_corrects() -> None:
    right = (FERRY[0], FERRY[3])
    wrong = tuple(p.replace("3,012", "3,120").replace("420,000", "240,000") for p in right)
    one, rule = agreed(seen("CORRECTED-" + FERRY_TITLE, *right, hours=2), seen(FERRY_TITLE, *wrong))
    assert one, rule


def test_a_correction_excuses_no_table_of_another_day() -> None:
    title = "Port City shares at the close"
    corrected = seen("CORRECTED-" + title, TABLE.format(up="higher", a="3,012.5", b=0.4, c="8,012"))
    next_day = TABLE.format(up="higher", a="3,044.1", b=1.1, c="7,904")
    assert agreed(seen(title, next_day, source="b", hours=24), corrected) == (
        False,
        "other figures",
    )


def test_an_update_is_the_story_that_it_updates() -> None:
    one, rule = agreed(
        seen("UPDATE 2-" + FERRY_TITLE, *FERRY, hours=3), seen(FERRY_TITLE, *FERRY[:2])
    )
    assert one, rule


def test_who_points_at_a_story_by_its_title_means_it_for_some_days() -> None:
    story = seen(FERRY_TITLE, *FERRY)
    pointing = {"source": "digest", "points": True, "outlet": "digest.example"}
    assert said(seen(f"{FERRY_TITLE} - Harbour Tribune", hours=4, **pointing), story)[0]
    assert not said(seen(FERRY_TITLE, hours=100, **pointing), story)[0]
    assert not said(seen("Night ferry to stay until Easter", hours=4, **pointing), story)[0]
    assert not said(seen(FERRY_TITLE, hours=4, source="b"), story)[0]  # a title, no more


TABLE = (
    "Shares in Port City closed {up} on Tuesday, with the main index at {a} points, {b} percent"
    " {up}, while turnover was {c} million crowns. Shipping led the gains and banks were the worst."
)
RESULTS = (
    "{who} said its net profit rose to {a} million crowns in the first quarter from {b} million a"
    " year earlier. Revenue was {c} million. The board proposed a dividend of {d} crowns a share."
)
APART = {
    "a daily table": (
        ("Port City shares at the close", TABLE.format(up="higher", a="3,012.5", b="0.4", c="8,012")),
        ("Port City shares at the close", TABLE.format(up="higher", a="3,044.1", b="1.1", c="7,904")),
    ),
    "two companies by one template": (
        ("Norlin profit rises to 41 million crowns", RESULTS.format(who="Norlin", a=41, b=38, c=402, d=2)),
        ("Halden profit rises to 17 million crowns", RESULTS.format(who="Halden", a=17, b=11, c=96, d=1)),
    ),
    "two towns with the same figure": (
        ("杭州新增本土确诊病例28例", "杭州市卫健委通报，昨日0-24时，杭州新增本土确诊病例28例，均在隔离管控中发现。"),
        ("成都新增本土确诊病例28例", "成都市卫健委通报，昨日0-24时，成都新增本土确诊病例28例，均在隔离管控中发现。"),
    ),
    "two parts of a series": (
        ("The long repair, part 1", *FERRY[:3]),
        ("The long repair, part 2", FERRY[0], FERRY[3], FERRY[4]),
    ),
    "what shares only its background": (
        ("Divers begin work on the harbour bridge", "Eleven divers went down to the piers on Friday with lamps and a new kind of mortar that sets under water.",
         "They come from the south coast, where they mended a lock last year, and will work in three shifts.", FERRY[1]),
        (FERRY_TITLE, *FERRY),
    ),
    "a comment that quotes it": (
        ("Opinion: The boat is not the point", "Every spring this town finds a new way not to talk about its roads, and this spring it is a boat.",
         "“" + FERRY[3] + "”", "That is a fine sum for a boat and a poor one for a road; the vote was about neither.",
         "What the council should have asked is why the bridge was left alone for thirty years."),
        (FERRY_TITLE, *FERRY),
    ),
    "a translation": ((FERRY_TITLE, *FERRY), (FERRY_ZH_TITLE, *FERRY_ZH)),
    "a rubric with no text": (("Photo of the day",), ("Photo of the day",)),
    "another story under a like title": (
        (FERRY_TITLE, *FERRY),
        ("Night bus to stay until the harbour bridge is mended", "Bus 41 will go round by the old road until next year, the company said, with a stop at the mill.",
         "It had been meant to end with the school term. Drivers were told on Monday, and passengers by a note on the door."),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", APART)
@pytest.mark.parametrize("source", ["a", "b"])
def test_what_only_looks_alike_stays_apart(kind: str, source: str) -> None:
    one, two = APART[kind]
    assert not agreed(seen(*one), seen(*two, source=source, hours=24))[0]


def test_one_outlet_that_tells_two_things_with_the_same_notes_means_two() -> None:
    notes = (FERRY[3], FERRY[1], FERRY[2])
    one = seen("Night Signal: the man who counted gulls", *notes)
    two = seen("Night Signal: a harbour without boats", *notes, hours=24)
    assert said(one, two) == (False, "another title in the same outlet")


def test_the_same_few_words_again_in_one_feed_are_another_entry() -> None:
    call = "Say what is on your mind; be kind, and stay with the matter at hand, as ever."
    assert not said(seen("Open thread", call), seen("Open thread", call, hours=48))[0]
    assert said(seen(FERRY_TITLE, *FERRY), seen(FERRY_TITLE, *FERRY, hours=48))[0]


def test_what_several_stories_have_in_common_tells_nothing_of_any() -> None:
    notice = " ".join((*FERRY, *FERRY_ZH[:1]))
    new = seen("A cold spring on the islands", notice, "Snow fell on the islands.").print
    others = [
        seen(
            f"Story {n} of another kind entirely {n}", notice, f"Something else, number {n}."
        ).print
        for n in range(4)
    ]

    alone = next(measure(new, others[:1], [1]))
    among = next(measure(new, others, [1, 2, 3, 4]))

    assert alone and alone.rare > 0.9
    assert among and among.rare < 0.3


def test_a_print_survives_its_storage() -> None:
    printed = seen(FERRY_TITLE, *FERRY).print
    short = seen("Two words", "Only a few").print
    kept = [(to_bytes(printed), FERRY_TITLE), (to_bytes(short), "Two words")]
    for stored, one in zip(from_stored(kept), (printed, short), strict=True):
        assert stored.sketch == one.sketch
        assert stored.figures == one.figures
        assert stored.shingles.tolist() == one.shingles.tolist()


def test_many_prints_at_once_are_those_of_each_alone() -> None:
    texts = (
        "One line",
        "",
        "1,234",
        ",5 then 6,",
        "繁體中文與軟體的測試",
        "cafe\u0301 三 4",
        "x" * 200_000,
    )
    entries = [
        Entry(title=text, content=f"<p>{text} {more}</p>") for text in texts for more in texts
    ]

    for entry, one in zip(entries, prints_of(entries), strict=True):
        alone = print_of(entry)
        assert one.tokens.tolist() == alone.tokens.tolist()
        assert one.title.listed == alone.title.listed
        assert one.sketch == alone.sketch


def test_texts_of_nothing_and_of_much_are_measured_as_well() -> None:
    empty, much = seen("").print, seen("Much", "word 7 " * 20_000).print
    assert list(measure(empty, [empty, much], [1, 2])) == [None, None]
    (found,) = measure(much, [much], [1])
    assert found and found.held == 1
    assert replace(seen("x"), points=True).bare


def test_people_are_told_what_the_figures_say() -> None:
    full, cut = seen(FERRY_TITLE, *FERRY), seen("Night ferry: it stays", FERRY[1], source="b")
    (evidence,) = measure(cut.print, [full.print], [1])
    assert evidence

    held, titles, figures = evidence.in_words()

    assert held.startswith("100% of the shorter text in the longer (34 and ")
    assert titles.endswith("% alike") and titles != "titles 0% alike"
    assert figures == f"figures: {evidence.agree} equal, 0 other" and evidence.agree


LITTLE: dict[str, float] = {
    "held": 0.1, "alike": 0.05, "rare": 0.1, "opening": 0, "openings": 0, "shift": 0, "place": 0,
    "agree": 0, "differ": 0, "strange": 0, "strangeness": 0, "told": 0, "told_back": 0,
    "shorter": 200, "longer": 300,
    "title_same": False, "title_alike": 0.2, "title_held": 0.2, "title_both_differ": True,
}  # fmt: skip
SAME_TITLE = {"title_same": True, "title_alike": 0.2, "title_both_differ": False}
COPY = {"held": 0.8, "alike": 0.7, "rare": 0.8}
BORDERS: list[tuple[str, dict[str, float], dict[str, float]]] = [
    ("the same text", {"alike": 0.6, "rare": 0.5}, {"alike": 0.59, "rare": 0.49}),
    ("nearly the same text", {"held": 0.8, "rare": 0.5, "longer": 400},
     {"held": 0.79, "rare": 0.49, "longer": 401}),
    ("one text holds the other",
     {"held": 0.8, "rare": 0.25, "openings": 0.3, "place": 0.25, "longer": 900},
     {"held": 0.79, "rare": 0.24, "openings": 0.29, "place": 0.26}),
    ("one text holds the other",
     {"held": 0.8, "rare": 0.5, "told": 0.7, "told_back": 0.3, "longer": 900},
     {"rare": 0.49, "told": 0.69, "told_back": 0.29}),
    ("the same title and most of the text", SAME_TITLE | {"held": 0.6, "differ": 1},
     {"held": 0.59}),
    ("the same telling title and some of the text", SAME_TITLE | {"held": 0.25},
     {"held": 0.24, "differ": 1}),
    ("a like title and part of the text",
     {"title_alike": 0.45, "held": 0.5, "rare": 0.3, "shift": 0.3},
     {"title_alike": 0.44, "held": 0.49, "rare": 0.29, "shift": 0.31}),
    ("a like title and part of the text",
     {"title_held": 0.75, "held": 0.3, "rare": 0.3, "opening": 0.3},
     {"title_held": 0.74, "held": 0.29, "opening": 0.29}),
    ("most of the text under another title",
     {"held": 0.62, "rare": 0.5, "told": 0.51, "opening": 0.5, "shift": 0.2, "longer": 600},
     {"held": 0.61, "rare": 0.49, "told": 0.5, "opening": 0.49, "shift": 0.21, "longer": 601}),
    ("told again by another hand",
     {"held": 0.45, "rare": 0.45, "opening": 0.4, "openings": 0.3, "shift": 0.2, "longer": 400,
      "agree": 4, "differ": 1, "strange": 1, "told": 0.5},
     {"held": 0.44, "rare": 0.44, "opening": 0.39, "openings": 0.29, "shift": 0.21, "longer": 401,
      "agree": 3, "strange": 2, "told": 0.49}),
    ("other figures", COPY | {"differ": 2, "agree": 3}, {"agree": 4}),
    ("other figures", COPY | {"differ": 1, "agree": 1, "shorter": 62}, {"shorter": 63, "agree": 2}),
    ("another subject by the same template",
     {"alike": 0.84, "rare": 0.8, "strange": 2, "strangeness": 0.2},
     {"alike": 0.85, "strange": 1, "strangeness": 0.19}),
    ("too short to tell", {"alike": 0.7, "rare": 0.8, "shorter": 29, "title_alike": 0.34},
     {"shorter": 30, "title_alike": 0.35}),
]  # fmt: skip


def ruled(figures: dict[str, float], *, outlet: str = "b.example") -> str:
    titles = {name.removeprefix("title_"): x for name, x in figures.items() if "title_" in name}
    texts = {name: x for name, x in figures.items() if "title_" not in name}
    title = Likeness(numbers_differ=False, **titles)
    one, two = (seen(FERRY_TITLE, FERRY[0], source=s) for s in "ab")
    return verdict(one, replace(two, outlet=outlet), Evidence(title=title, **texts)).rule


@pytest.mark.parametrize(("rule", "enough", "too_far"), BORDERS)
def test_a_rule_applies_up_to_its_border(
    rule: str, enough: dict[str, float], too_far: dict[str, float]
) -> None:
    assert ruled(LITTLE | enough) == rule
    beyond = {name: ruled(LITTLE | enough | {name: x}) for name, x in too_far.items()}
    assert rule not in beyond.values(), beyond


def test_one_outlet_has_several_stories_by_one_template() -> None:
    alike = LITTLE | COPY | {"title_alike": 0.6, "shorter": 59}
    rule = "another title by the same template"
    assert ruled(alike, outlet="a.example") == rule
    assert ruled(alike | {"shorter": 60}, outlet="a.example") == "the same text"
    assert ruled(alike | {"title_alike": 0.59}, outlet="a.example") != rule
    assert ruled(alike) == "the same text"
