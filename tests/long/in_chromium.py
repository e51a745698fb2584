"""Run by a Python that has playwright: what Chromium shows of some addresses, as JSON.

python in_chromium.py CHROMIUM AXE.js FOLDER-FOR-PICTURES ADDRESS…
"""

import json
import sys
from pathlib import Path
from urllib.parse import quote, urlsplit

from playwright.sync_api import Browser, sync_playwright

WIDTHS = (360, 1440)
SCHEMES = ("light", "dark")
_WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_AXE = """axe.run(document).then(found => found.violations.map(
    x => `${x.id}: ${x.nodes.map(n => n.html.slice(0, 200)).join(" | ")}`))"""


def seen(browser: Browser, address: str, scheme: str, width: int, axe: str, folder: Path) -> dict:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(address, wait_until="networkidle")
    row = {
        "address": address,
        "scheme": scheme,
        "width": width,
        "hosts": sorted({urlsplit(x).netloc for x in asked if not x.startswith("data:")}),
        "said": said,
        "wider": page.evaluate(_WIDER),
        "ground": page.evaluate("getComputedStyle(document.documentElement).backgroundColor"),
        "violations": [],
    }
    if page.evaluate("document.contentType") == "text/html":
        page.evaluate(axe)
        row["violations"] = page.evaluate(_AXE)
    name = quote(urlsplit(address).path, safe="")
    page.screenshot(path=folder / f"{name}-{scheme}-{width}.png")
    page.close()
    return row


def main(chromium: str, axe: str, folder: str, *addresses: str) -> None:
    script = Path(axe).read_text("utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        rows = [
            seen(browser, address, scheme, width, script, Path(folder))
            for address in addresses
            for scheme in SCHEMES
            for width in WIDTHS
        ]
        browser.close()
    print(json.dumps(rows))


main(*sys.argv[1:])
