"""The real program on a server on loopback: a config, a folder, a clock that is told the time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from world import ATOM, text

from aggregator import app, report, status
from aggregator.model import Outcome

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


class Road:
    """`config` takes what stands under `sources:`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = NOW

    def config(self, sources: str, *, zone: str = "Asia/Shanghai", more: str = "") -> None:
        lines = "".join(f"  {line}\n" for line in sources.strip("\n").splitlines())
        (self.folder / "config.yaml").write_text(
            "site: {title: Planet, url: 'https://planet.example/', id: 'tag:planet.example,2026:p',"
            f" timezone: {zone}}}\nfetch: {{allow_private: [127.0.0.0/8], timeout: 5s}}\n"
            f"sources:\n{lines}{more}",
            encoding="utf-8",
        )

    @property
    def settings(self) -> app.Settings:
        return app.settings(self.folder / "config.yaml")

    def run(self, *, force: bool = True, only: Sequence[str] | None = None) -> report.Summary:
        return asyncio.run(self._run(force, only))

    async def _run(self, force: bool, only: Sequence[str] | None) -> report.Summary:
        outcomes: list[Outcome] = []
        async with app.Aggregator(self.settings, clock=lambda: self.now) as aggregator:
            outcomes = await aggregator.poll(names=only, force=force)
            return report.summary(outcomes, await aggregator.publish())

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def entries(self) -> list[dict[str, Any]]:
        store = app.open_store(self.settings, exclusive=False)
        try:
            wanted = app.publication(self.settings, store)
            return list(status.entries(store, wanted, source=None, output=None))
        finally:
            store.close()

    def status(self) -> dict[str, dict[str, Any]]:
        store = app.open_store(self.settings, exclusive=False)
        try:
            sources = app.followed(self.settings, store).sources
            return {x["source"]: x for x in status.sources(store, sources, self.now)}
        finally:
            store.close()

    def published(self, document: str = "all") -> list[Any]:
        from xml.etree import ElementTree

        root = ElementTree.parse(self.folder / "feeds" / f"{document}.atom").getroot()
        return root.findall(f"{ATOM}entry")

    def texts(self) -> dict[str, str]:
        """By title, the content that is published, else the summary."""
        return {
            text(e, "title"): text(e, "content") or text(e, "summary") for e in self.published()
        }
