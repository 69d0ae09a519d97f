"""Compression of sealed blocks: zstd for the bytes of events, LZ4 for what searches and tables read.

LZ4 is decompressed several times faster than zstd, and zstd packs raw JSON twice as densely.
"""

from __future__ import annotations

import sys
from typing import Final

import lz4.block

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_LEVEL: Final = 3


def dense(content: bytes) -> bytes:
    """Compresses bytes that are read seldom, with zstd."""
    return zstd.compress(content, _LEVEL)


def undense(content: bytes) -> bytes:
    """The bytes that `dense` compressed. Raises ``ValueError`` for damaged ones."""
    try:
        return zstd.decompress(content)
    except zstd.ZstdError as error:
        raise ValueError(str(error)) from error


def fast(content: bytes) -> bytes:
    """Compresses bytes that are read often, with LZ4."""
    return bytes(lz4.block.compress(content))


def unfast(content: bytes) -> bytes:
    """The bytes that `fast` compressed. Raises ``ValueError`` for damaged ones."""
    try:
        return bytes(lz4.block.decompress(content))
    except lz4.block.LZ4BlockError as error:
        raise ValueError(str(error)) from error
