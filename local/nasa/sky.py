"""Pictures for an archive that is invented: openly drawn skies, the same for the same address."""

from __future__ import annotations

import random
import zlib

SKIES = (("#0b1030", "#3b1c5a"), ("#031a2b", "#0f4c5c"), ("#1a0b1e", "#7a2e3a"), ("#0a0a12", "#1f2d5c"))
WIDTH, HEIGHT = 960, 640


def sky(path: str) -> str:
    """An SVG of stars, and of a planet or a nebula."""
    dice = random.Random(zlib.crc32(path.encode()))  # noqa: S311  # the same picture on every machine
    dark, light = dice.choice(SKIES)
    stars = "".join(
        f'<circle cx="{dice.randrange(WIDTH)}" cy="{dice.randrange(HEIGHT)}" r="{dice.choice((0.6, 0.9, 1.2, 2.2))}"/>'
        for _ in range(260)
    )
    x, y, size, hue = dice.randrange(200, 760), dice.randrange(160, 480), dice.randrange(50, 150), dice.randrange(360)
    shape = (
        f'<clipPath id="disc"><circle cx="{x}" cy="{y}" r="{size}"/></clipPath><g clip-path="url(#disc)">'
        f'<circle cx="{x}" cy="{y}" r="{size}" fill="hsl({hue} 45% 55%)"/>'
        f'<circle cx="{x + size // 3}" cy="{y + size // 4}" r="{size}" fill="{dark}" fill-opacity=".75"/></g>'
        if dice.random() < 0.5  # noqa: PLR2004  # every second sky
        else "".join(
            f'<ellipse cx="{x + dice.randrange(-90, 90)}" cy="{y + dice.randrange(-60, 60)}" rx="{size + n * 12}" '
            f'ry="{size // 2 + n * 6}" fill="hsl({hue + n * 9} 60% 60%)" fill-opacity=".09" '
            f'transform="rotate({dice.randrange(180)} {x} {y})"/>'
            for n in range(9)
        )
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
        f'<defs><linearGradient id="g" x2="0" y2="1"><stop stop-color="{dark}"/>'
        f'<stop offset="1" stop-color="{light}"/></linearGradient></defs>'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="url(#g)"/><g fill="#fff">{stars}</g>{shape}'
        f'<text x="16" y="{HEIGHT - 16}" fill="#fff" fill-opacity=".6" font-family="sans-serif" font-size="18">'
        "fiction: drawn by the stand-in</text></svg>"
    )
