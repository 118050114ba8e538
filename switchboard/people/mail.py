"""Letters to people, and who takes them to the post."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import smtplib
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

logger = logging.getLogger(__name__)

SECONDS = 10.0  # for each answer of the mail server
THREADS = 2
MAX_WAITING = 32  # letters on their way; more are told to come again
PORTS = {"smtp": 587, "smtps": 465}


class MailUnavailable(Exception):
    """Raised when a letter could not be handed over."""


@dataclass(frozen=True)
class Letter:
    """Plain text for one address."""

    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """Put your own at `app.ctx.chat.credentials.mailer`. In production MAIL_URL must be set all the same."""

    async def send(self, letter: Letter) -> None:
        """Returns once somebody else is responsible for it. Raises `MailUnavailable`."""


class SmtpMailer:
    """Hands letters to a mail server: `smtp://user:password@host:587`, or `smtps://`, encrypted from the start.

    A password is only sent over an encrypted connection.
    """

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._scheme, self._host = parts.scheme, parts.hostname or "localhost"
        self._port = parts.port or PORTS[parts.scheme]
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender = sender
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="mail")  # a slow server holds up nothing else
        self._waiting = 0

    async def send(self, letter: Letter) -> None:
        if self._waiting >= MAX_WAITING:
            raise MailUnavailable("too many letters wait")
        self._waiting += 1
        try:
            message = _message(letter, self._sender)
            await asyncio.get_running_loop().run_in_executor(self._threads, self._deliver, message)
        except (OSError, smtplib.SMTPException) as error:
            raise MailUnavailable(f"{self._host} does not take it: {type(error).__name__}") from error
        finally:
            self._waiting -= 1

    def _deliver(self, message: EmailMessage) -> None:
        context = ssl.create_default_context()
        with self._connect(context) as server:
            server.ehlo()
            is_private = self._scheme == "smtps"
            if not is_private and server.has_extn("starttls"):
                server.starttls(context=context)
                is_private = True
            if self._user and not is_private:
                raise smtplib.SMTPNotSupportedError("it offers no TLS, so it gets no password")
            if self._user:
                server.login(self._user, self._password)
            server.send_message(message)

    def _connect(self, context: ssl.SSLContext) -> smtplib.SMTP:
        if self._scheme == "smtps":
            return smtplib.SMTP_SSL(self._host, self._port, timeout=SECONDS, context=context)
        return smtplib.SMTP(self._host, self._port, timeout=SECONDS)


class FolderMailer:
    """Puts letters into a folder, to try things on a developer's machine, and nowhere else."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    async def send(self, letter: Letter) -> None:
        try:
            path = await asyncio.to_thread(self._put, letter)
        except OSError as error:
            raise MailUnavailable(f"{self._folder} cannot be written: {error.strerror}") from error
        logger.warning("There is no MAIL_URL, so the letter is in %s", path)

    async def discard(self, to: str) -> None:
        """Every letter to that address. Raises `OSError`."""
        await asyncio.to_thread(self._discard, to)

    def _discard(self, to: str) -> None:
        for path in self._folder.glob("*.eml"):
            with contextlib.suppress(FileNotFoundError):  # another process discards them too
                if message_from_bytes(path.read_bytes())["To"] == to:
                    path.unlink()

    def _put(self, letter: Letter) -> Path:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{time.time_ns()}.eml"
        path.write_bytes(_message(letter, self._sender).as_bytes())
        return path


def _message(letter: Letter, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, letter.to, letter.subject
    message["Date"], message["Message-ID"] = format_datetime(datetime.now(UTC)), make_msgid(domain=_domain(sender))
    message.set_content(letter.text)
    return message


def _domain(sender: str) -> str:
    return sender.rpartition("@")[2].rstrip(">") or "localhost"
