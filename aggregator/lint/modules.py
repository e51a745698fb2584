"""The extensions that feeds use, and where each may stand: Atom's, RSS's, podcasts', media."""

from __future__ import annotations

from aggregator.lint import markup
from aggregator.lint.fault import Faults
from aggregator.lint.grammar import Check, Grammar, element
from aggregator.lint.shapes import shortened
from aggregator.lint.tree import Node

_FEED, _ENTRY = "atom:feed channel atom:source", "atom:entry item"
_ANY = f"{_FEED} {_ENTRY}"
_MEDIA = f"{_ANY} media:group media:content"
_MRSS, _PODCAST = "Media RSS", "Podcasts"


MODULES: Grammar = {
    # ── history, threads, tombstones ──
    "fh:complete": element(within="atom:feed channel", once=True, reference="RFC 5005 §2"),
    "fh:archive": element(within="atom:feed channel", once=True, reference="RFC 5005 §4"),
    "thr:in-reply-to": element(
        free=True,
        attributes="ref:id href:reference type:media source:reference",
        within=_ANY,
        reference="RFC 4685 §3",
    ),
    "thr:total": element(value="number", within=_ENTRY, once=True, reference="RFC 4685 §5"),
    "at:deleted-entry": element(
        "at:by? at:comment? atom:link* atom:source?",
        attributes="ref!:id when!:date",
        within="atom:feed channel",
        reference="RFC 6721 §3",
    ),
    "at:by": element("atom:name! atom:uri? atom:email?", reference="RFC 6721 §3"),
    "at:comment": element(free=True, reference="RFC 6721 §3"),
    # ── Dublin Core, content, syndication ──
    "dc:date": element(value="w3cdtf", within=_ANY),
    "dc:language": element(value="rss-language", within=_ANY, once=True),
    "dc:title": element(value="filled", within=_ANY),
    "dc:creator": element(value="filled", within=_ANY),
    "dc:contributor": element(value="filled", within=_ANY),
    "dc:subject": element(value="filled", within=_ANY),
    "dc:publisher": element(value="filled", within=_ANY),
    "dc:rights": element(value="filled", within=_ANY),
    "dc:source": element(value="filled", within=_ANY),
    "dc:type": element(value="filled", within=_ANY),
    "dcterms:created": element(value="w3cdtf", within=_ANY),
    "dcterms:issued": element(value="w3cdtf", within=_ANY),
    "dcterms:modified": element(value="w3cdtf", within=_ANY),
    "content:encoded": element(free=True, within="item channel", once=True),
    "sy:updatePeriod": element(value="period", within=_FEED, once=True),
    "sy:updateFrequency": element(value="positive", within=_FEED, once=True),
    "sy:updateBase": element(value="w3cdtf", within=_FEED, once=True),
    "slash:comments": element(value="number", within="item atom:entry", once=True),
    "slash:section": element(value="filled", within="item atom:entry", once=True),
    "slash:department": element(value="filled", within="item atom:entry", once=True),
    "slash:hit_parade": element(value="text", within="item atom:entry", once=True),
    "wfw:comment": element(value="address", within=_ENTRY, once=True),
    "wfw:commentRss": element(value="address", within=_ENTRY, once=True),
    "creativeCommons:license": element(value="address", within=_ANY),
    "geo:lat": element(value="decimal", within=f"{_ANY} geo:Point", once=True),
    "geo:long": element(value="decimal", within=f"{_ANY} geo:Point", once=True),
    # ── podcasts ──
    "itunes:author": element(value="text", within=_ANY, once=True, reference=_PODCAST),
    "itunes:block": element(value="block", within=_ANY, once=True, reference=_PODCAST),
    "itunes:title": element(value="text", within=_ANY, once=True, reference=_PODCAST),
    "itunes:subtitle": element(value="text", within=_ANY, once=True, reference=_PODCAST),
    "itunes:summary": element(free=True, within=_ANY, once=True, reference=_PODCAST),
    "itunes:keywords": element(value="text", within=_ANY, once=True, reference=_PODCAST),
    "itunes:explicit": element(value="yes-no", within=_ANY, once=True, reference=_PODCAST),
    "itunes:complete": element(value="text", within=_FEED, once=True, reference=_PODCAST),
    "itunes:new-feed-url": element(value="address", within=_FEED, once=True, reference=_PODCAST),
    "itunes:image": element(free=True, attributes="href!:address title:text type:text rel:text url:text", within=_ANY, once=True, reference=_PODCAST),
    "itunes:type": element(value="show-type", within=_FEED, once=True, reference=_PODCAST),
    "itunes:duration": element(value="duration", within=_ENTRY, once=True, reference=_PODCAST),
    "itunes:episode": element(value="positive", within=_ENTRY, once=True, reference=_PODCAST),
    "itunes:season": element(value="positive", within=_ENTRY, once=True, reference=_PODCAST),
    "itunes:episodeType": element(value="episode-type", within=_ENTRY, once=True, reference=_PODCAST),
    "itunes:order": element(value="integer", within=_ENTRY, once=True, reference=_PODCAST),
    "itunes:isClosedCaptioned": element(value="text", within=_ENTRY, once=True, reference=_PODCAST),
    "itunes:owner": element("itunes:name? itunes:email!", within=_FEED, once=True, reference=_PODCAST),
    "itunes:name": element(value="text", reference=_PODCAST),
    "itunes:email": element(value="email", reference=_PODCAST),
    "itunes:category": element("itunes:category*", attributes="text!:filled", within=_ANY, reference=_PODCAST),
    # ── media ──
    "media:group": element(free=False, within=_ENTRY, reference=_MRSS),
    "media:content": element(
        attributes="url:address fileSize:positive type:media medium:medium isDefault:boolean expression:expression"
        " bitrate:decimal framerate:decimal samplingrate:decimal channels:number duration:decimal height:number width:number lang:language",
        within=f"{_ENTRY} media:group {_FEED}",
        reference=_MRSS,
    ),
    "media:thumbnail": element(attributes="url!:address width:number height:number time:text", within=_MEDIA, reference=_MRSS),
    "media:title": element(value="text", attributes="type:plain-or-html", within=_MEDIA, once=True, reference=_MRSS),
    "media:description": element(value="text", attributes="type:plain-or-html", within=_MEDIA, once=True, reference=_MRSS),
    "media:player": element(attributes="url!:address width:number height:number", within=_MEDIA, once=True, reference=_MRSS),
    "media:credit": element(value="filled", attributes="role:text scheme:address type:text", within=_MEDIA, reference=_MRSS),
    "media:category": element(value="text", attributes="scheme:address label:text type:text", within=_MEDIA, reference=_MRSS),
    "media:rating": element(value="filled", attributes="scheme:address", within=_MEDIA, reference=_MRSS),
    "media:hash": element(value="filled", attributes="algo:hash", within=_MEDIA, reference=_MRSS),
    "media:restriction": element(value="text", attributes="relationship!:allow-deny type:country-or-uri", within=_MEDIA, reference=_MRSS),
    "media:text": element(value="text", attributes="type:plain-or-html lang:language start:text end:text", within=_MEDIA, reference=_MRSS),
    "media:keywords": element(value="text", within=_MEDIA, once=True, reference=_MRSS),
    "media:copyright": element(value="text", attributes="url:address type:text", within=_MEDIA, once=True, reference=_MRSS),
}  # fmt: skip


def check(root: Node, faults: Faults) -> None:
    """What the table cannot say of extensions."""
    if faults.only_errors:
        return
    for node in root.below():
        check_one = _CHECKS.get(node.name)
        if check_one:
            check_one(node, faults)


def _reply(node: Node, faults: Faults) -> None:
    if not node.get("ref"):
        rule = "missing-attribute"
        faults.add(rule, "in-reply-to has no ref", node, "RFC 4685 §3")
    if not node.get("href"):
        faults.add("reply-without-target", "in-reply-to has no href", node)


def _media_content(node: Node, faults: Faults) -> None:
    if not node.get("url") and not node.has("media:player"):
        faults.add("media-without-source", "media:content has neither url nor player", node)


def _limited(most: int) -> Check:
    def check(node: Node, faults: Faults) -> None:
        markup.plain(node.text, node.shown, node, faults)
        if len(node.text) > most:
            faults.add(
                "too-long",
                f"{node.shown} has {len(node.text):,} characters, {most:,} at most",
                node,
            )

    return check


def _latitude(node: Node, faults: Faults) -> None:
    _within(node, 90, faults)


def _longitude(node: Node, faults: Faults) -> None:
    _within(node, 180, faults)


def _within(node: Node, most: int, faults: Faults) -> None:
    try:
        right = abs(float(node.text)) <= most
    except ValueError:
        return
    if not right:
        what = f"{node.shown}: {shortened(node.text)} is beyond {most}"
        faults.add("invalid-value", what, node, "WGS84")


def _unmarked(node: Node, faults: Faults) -> None:
    if node.get("type") != "html":
        markup.plain(node.text, node.shown, node, faults)
        markup.plain(node.get("label"), f"label of {node.shown}", node, faults)
    else:
        markup.html(node.text, node.shown, node, faults)


_CHECKS: dict[str, Check] = {
    **dict.fromkeys(
        (
            "media:title",
            "media:description",
            "media:text",
            "media:category",
            "media:copyright",
            "itunes:author",
            "itunes:title",
            "itunes:name",
        ),
        _unmarked,
    ),
    "thr:in-reply-to": _reply,
    "media:content": _media_content,
    "itunes:summary": _limited(4000),
    "itunes:subtitle": _limited(255),
    "itunes:keywords": _limited(255),
    "geo:lat": _latitude,
    "geo:long": _longitude,
}
