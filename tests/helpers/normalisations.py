"""The documented normalisations, written a second time."""

import re
import unicodedata


def normalised(field, value):
    """The documented normalisations (docs/data.md), written again without the project's own code."""
    text = unicodedata.normalize("NFC", re.sub("\r\n|\r", "\n", value or "").replace("\x00", ""))
    text = "".join("\ufffd" if unicodedata.category(c) == "Cc" and c not in "\n\t" else c for c in text).strip()
    if field == "title" and text.lower().endswith(("credit:", "credit and copyright:", "\ncourtesy:")):
        text = text[: text.rindex("\n")].strip()
    if field == "explanation" and "digg_url" in text:
        script = text[text.index("digg_url") :]
        text = text.replace(script[: script.index(";", script.index("digg_skin")) + 1], "").strip()
    if field == "explanation" and "Tomorrow's picture:" in text:
        text = text[: text.index("Tomorrow's picture:")].strip()
    text = " ".join(text.split())
    return (re.sub("^//", "https://", text) if field in ("url", "hdurl", "thumbnail_url") else text) or None
