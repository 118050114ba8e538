"""Mail addresses, as accounts are found by them."""

from __future__ import annotations

import re

EMAIL_LIMIT = 254  # characters (RFC 5321)
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL = re.compile(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]{{1,64}}@{LABEL}(?:\.{LABEL})*\Z")  # as HTML has it


def mail_address(text: str) -> str:
    """In lower case. Raises `ValueError` for what a browser would not take for an address."""
    trimmed = text.strip()
    if len(trimmed) > EMAIL_LIMIT or not EMAIL.match(trimmed):
        raise ValueError("is not a mail address")
    return trimmed.lower()
