"""The sign of all pages: in each page itself, so that none asks for a file of its own."""

from __future__ import annotations

from urllib.parse import quote

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">'
    '<circle cx="4" cy="12" r="2" fill="#d2601a"/><path'
    ' d="M2 7a7 7 0 0 1 7 7M2 2a12 12 0 0 1 12 12" fill="none" stroke="#d2601a"'
    ' stroke-width="2.4"/></svg>'
)
ADDRESS = f"data:image/svg+xml,{quote(SVG, safe='/:=')}"
