"""What a document says of when to ask for it again: read from every format alike."""

from datetime import UTC, datetime, timedelta

import pytest

from aggregator import formats
from aggregator.model import Hints, Response

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NAMESPACES = (
    'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
    ' xmlns:podcast="https://podcastindex.org/namespace/1.0"'
    ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)
BUILD = {
    "rss": f'<rss version="2.0" {NAMESPACES}><channel><title>C</title>{{}}<item><title>t</title>'
    "<ttl>9</ttl></item></channel></rss>",
    "atom": f'<feed xmlns="http://www.w3.org/2005/Atom" {NAMESPACES}><title>C</title>{{}}</feed>',
    "rdf": '<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/'
    f'22-rdf-syntax-ns#" {NAMESPACES}><channel><title>C</title>{{}}</channel></rdf:RDF>',
    "broken": f'<rss version="2.0" {NAMESPACES}><channel><title>C & D</title>{{}}</channel></rss>',
}


def read(body: str) -> Hints:
    return formats.parse(Response(url="https://a.example/feed", body=body.encode())).hints


@pytest.mark.parametrize("build", BUILD)
@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("", Hints()),
        ("<ttl>60</ttl>", Hints(ttl=HOUR)),
        ("<ttl> 1440.0 </ttl>", Hints(ttl=DAY)),
        ("<ttl>0</ttl>", Hints()),
        ("<ttl>-5</ttl>", Hints()),
        ("<ttl>an hour</ttl>", Hints()),
        ("<ttl>99999999999999999999</ttl>", Hints()),
        ("<ttl n='1'>60</ttl>", Hints()),
        ("<ttl/>", Hints()),
        ("<skipHours><hour>3</hour><hour>22</hour><hour>3</hour></skipHours>", Hints(skip_hours=(3, 22))),
        ("<skipHours><hour>24</hour><hour>25</hour><hour>x</hour></skipHours>", Hints(skip_hours=(0,))),
        (f"<skipHours>{''.join(f'<hour>{n}</hour>' for n in range(24))}</skipHours>", Hints()),
        ("<skipDays><day>Sunday</day><day>saturday</day><day>Nosday</day></skipDays>", Hints(skip_days=(5, 6))),
        ("<sy:updatePeriod>weekly</sy:updatePeriod>", Hints(period=7 * DAY)),
        ("<sy:updatePeriod>\n hourly\n</sy:updatePeriod><sy:updateFrequency>1</sy:updateFrequency>", Hints(period=HOUR)),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>", Hints(period=6 * HOUR)),
        ("<sy:updateFrequency>0</sy:updateFrequency>", Hints(period=DAY)),
        ("<sy:updatePeriod>now and then</sy:updatePeriod>", Hints()),
        (
            "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateBase>2026-01-01T06:00Z</sy:updateBase>",
            Hints(period=DAY, base=datetime(2026, 1, 1, 6, tzinfo=UTC)),
        ),
        ("<sy:updateBase>2026-01-01T06:00Z</sy:updateBase>", Hints()),
        ("<podcast:updateFrequency complete='true' rrule='FREQ=DAILY'>d</podcast:updateFrequency>", Hints(complete=True)),
        ("<podcast:updateFrequency complete='false'>d</podcast:updateFrequency>", Hints()),
        ("<podcast:updateFrequency>true</podcast:updateFrequency>", Hints()),
        ("<itunes:complete>Yes</itunes:complete>", Hints(complete=True)),
        ("<itunes:complete>no</itunes:complete>", Hints()),
    ],
)  # fmt: skip
def test_what_a_document_says_is_what_it_means(build: str, said: str, meant: Hints) -> None:
    assert read(BUILD[build].format(said)) == meant


@pytest.mark.parametrize(
    ("expired", "complete"), [("true", True), ("false", False), ('"no"', False)]
)
def test_a_json_feed_that_has_expired_is_complete(expired: str, complete: bool) -> None:
    body = f'{{"version": "https://jsonfeed.org/version/1.1", "expired": {expired}, "items": []}}'

    assert read(body) == Hints(complete=complete)
