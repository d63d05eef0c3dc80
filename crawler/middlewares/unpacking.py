"""Compressed answers: unpacked up to the body limit, so that a small bomb never becomes a large page."""

from __future__ import annotations

import struct
import zlib

from scrapy import Request
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.utils._compression import brotli, zstd  # type: ignore[attr-defined]

from crawler.politeness.causes import Refused, size

MOST_LAYERS = 2
BROKEN = (OSError, EOFError, ValueError, struct.error, zlib.error, brotli.error, zstd.ZstdError)


class Unpacking(HttpCompressionMiddleware):
    """Scrapy's, which stops at ``DOWNLOAD_MAXSIZE``, but what it drops ends in ``Refused`` with its cause."""

    def process_response(self, request: Request, response: Response) -> Request | Response:  # type: ignore[override]
        """Return the unpacked response. Raises ``Refused`` where it is too big, packed too often, or broken."""
        layers = b",".join(response.headers.getlist("Content-Encoding")).split(b",")
        if len(layers) > MOST_LAYERS:
            raise Refused(f"packed {len(layers)} times over", kind="size")
        try:
            return super().process_response(request, response)
        except IgnoreRequest as error:
            limit = request.meta.get("download_maxsize", self._max_size)
            raise Refused(f"body over {size(limit)} once unpacked", kind="size") from error
        except BROKEN as error:
            raise Refused("body cannot be unpacked", kind="answer") from error
