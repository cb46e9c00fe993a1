"""The pages themselves: static files read once, sent under a policy that lets only them run."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import orjson
from aiohttp import web

from bot.messengers.web.strings import LOCALES, words

if TYPE_CHECKING:
    from bot.messengers.web.session import Doorkeeper
    from bot.messengers.web.settings import WebSettings

ASSETS = "/web/assets/"
_IMPORT = re.compile(rb'(?:from|import) "\./([a-z_]+\.js)"')
WIDGET_WORDS = ("support", "close", "widget.unread")
FOLDER = Path(__file__).with_name("pages")
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of the pages."""

    body: bytes
    mime: str
    etag: str


def load() -> dict[str, Asset]:
    """Every file of the pages by its path below their folder."""
    found = {}
    for path in sorted(FOLDER.rglob("*")):
        if path.suffix in TYPES:
            body = path.read_bytes()
            etag = hashlib.sha256(body).hexdigest()[:16]
            found[path.relative_to(FOLDER).as_posix()] = Asset(body, TYPES[path.suffix], etag)
    return found


class Pages:
    """Serves `/`, `/staff`, what they load, and `/widget.js`."""

    def __init__(self, settings: WebSettings, doorkeeper: Doorkeeper) -> None:
        self._doorkeeper = doorkeeper
        self._assets = load()
        self._button = _with_words(self._assets.pop("widget.js"))
        self._version = _version_of(self._assets)
        self._html = {
            (name, locale): self._entry(asset.body, locale)
            for name, asset in self._assets.items()
            for locale in LOCALES
            if asset.mime == "text/html"
        }
        self._embedders = " ".join(("'self'", *map(_origin, settings.embed_origins)))

    def routes(self) -> list[web.RouteDef]:
        """Their routes."""
        return [
            web.get("/", self._customer),
            web.get("/staff", self._staff),
            web.get("/widget.js", self._widget),
            web.get("/web/assets/{path:.+}", self._asset),
        ]

    async def _customer(self, request: web.Request) -> web.Response:
        response = self._page(request, "customer.html", self._embedders)
        if "frame" not in request.query:  # a frame in a foreign page keeps its secret itself
            self._doorkeeper.give_customer_cookie(request, response)
        return response

    async def _widget(self, request: web.Request) -> web.Response:
        """The script for other sites' pages; any of them may load it, only those of the settings may use it."""
        headers = {
            "ETag": f'"{self._button.etag}"',
            "Cache-Control": "public, max-age=600",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Access-Control-Allow-Origin": "*",
        }
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        response = web.Response(
            body=self._button.body, content_type=self._button.mime, charset="utf-8", headers=headers
        )
        response.enable_compression()
        return response

    async def _staff(self, request: web.Request) -> web.Response:
        return self._page(request, "staff.html", "'none'")

    def _page(self, request: web.Request, name: str, embedders: str) -> web.Response:
        body = self._html[name, self._doorkeeper.locale(request)]
        return web.Response(body=body, content_type="text/html", charset="utf-8", headers=_headers(embedders))

    def _entry(self, html: bytes, locale: str) -> bytes:
        """A page that names its files by their version, and all it needs at once: nothing is found out about late."""
        folder = f"{ASSETS}{self._version}/"
        page = html.decode().replace(ASSETS, folder).replace('lang="en"', f'lang="{locale}"', 1)
        (entry,) = re.findall(r'src="[^"]*/([a-z]+\.js)"', page)
        links = [
            f'<link rel="preload" as="fetch" crossorigin href="{folder}strings/{locale}.json">',
            *(f'<link rel="modulepreload" href="{folder}{name}">' for name in _needed(self._assets, entry)),
        ]
        return page.replace("</head>", "\n".join((*links, "</head>")), 1).encode()

    async def _asset(self, request: web.Request) -> web.Response:
        version, _, path = request.match_info["path"].partition("/")
        lasting = version == self._version
        asset = self._assets.get(path if lasting else request.match_info["path"])
        if asset is None or asset.mime == "text/html":
            raise web.HTTPNotFound(text="asset")
        headers = {
            "ETag": f'"{asset.etag}"',
            "Cache-Control": "public, max-age=31536000, immutable" if lasting else "no-cache",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        response = web.Response(body=asset.body, content_type=asset.mime, headers=headers)
        if not asset.mime.startswith("image/"):
            response.charset = "utf-8"
        response.enable_compression()
        return response


def _origin(address: str) -> str:
    """The site of an address; whatever follows its host says nothing about who may embed."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _version_of(assets: dict[str, Asset]) -> str:
    """Changes with any of them."""
    return hashlib.sha256("".join(sorted(a.etag for a in assets.values())).encode()).hexdigest()[:12]


def _needed(assets: dict[str, Asset], entry: str) -> list[str]:
    """The modules that a module needs, and those that they need, itself left out."""
    found: dict[str, None] = {}
    waiting = [entry]
    while waiting:
        for name in _IMPORT.findall(assets[waiting.pop()].body):
            if name.decode() not in found:
                found[name.decode()] = None
                waiting.append(name.decode())
    return list(found)


def _with_words(script: Asset) -> Asset:
    """The widget's script with the few words it says, in every language: it loads nothing else."""
    said = {locale: {key: words(locale)[key] for key in WIDGET_WORDS} for locale in LOCALES}
    body = script.body.replace(b"__WORDS__", orjson.dumps(said), 1)
    return Asset(body, script.mime, hashlib.sha256(body).hexdigest()[:16])


def _headers(embedders: str) -> dict[str, str]:
    policy = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "media-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
        f"frame-ancestors {embedders}",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Cache-Control": "no-store",
    }
