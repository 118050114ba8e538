"""Every setting of Switchboard, typed, read once from the environment and `.env`.

The table in `docs/settings.md` is checked against this class by a test.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import re
import tempfile
from pathlib import Path

from pydantic import BaseSettings, Field, SecretStr, ValidationError, validator

from switchboard.log.rate import Rate
from switchboard.people.client_addresses import Network, parse_proxies

DEFAULT_SECRET = "development-only-secret-change-me"  # noqa: S105 - production refuses it
ACTION_SECONDS = 120.0  # longer than anybody looks at a chat in which nothing moves
UNIX_SOCKET_PATH_LIMIT = 100  # bytes; Linux allows 108, macOS 104


class SettingsError(ValueError):
    """Raised when the environment does not fit, or cannot be served safely; the text says what to set."""


class Mode(enum.StrEnum):
    """How strict the process is about its own configuration."""

    development = "development"
    production = "production"


class Settings(BaseSettings):
    """One immutable value, passed to whatever needs it. Environment names are upper case."""

    switchboard_mode: Mode = Field(default=Mode.development, description="`production` refuses default secrets.")
    secret_key: SecretStr = Field(
        default=SecretStr(DEFAULT_SECRET),
        description="Signs session tokens; 32 characters or more.",
    )
    host: str = Field(default="127.0.0.1", description="Interface that the chat server listens on.")
    port: int = Field(default=5005, ge=1, le=65535, description="Port of the page, the API and the streams.")
    action_port: int = Field(default=5055, ge=1, le=65535, description="Port of the action server.")
    action_url: str | None = Field(default=None, description="Action server elsewhere, as `http://host:5055/webhook`.")
    action_seconds: float = Field(
        default=ACTION_SECONDS, gt=0, description="How long a call of an action may take, with all its tries."
    )
    redis_url: str | None = Field(default=None, description="Redis 6.2+ or Valkey; unset means the embedded Redis.")
    database_url: str | None = Field(default=None, description="SQLAlchemy URL; unset means SQLite in the data folder.")
    archive_apart: bool = Field(
        default=False, description="An archiver runs as a process of its own, so Rasa's server does not archive."
    )
    data_dir: Path = Field(default=Path(".data"), description="Logs, the embedded Redis and SQLite live here.")
    page_dir: Path = Field(
        default=Path("shop/page"),
        description="Folder served at `/`; a plain page if it does not exist.",
    )
    allowed_origins: str = Field(default="*", description="Sites that may embed the chat, separated by commas.")
    identity_keys: Path | None = Field(
        default=None, description="JWK set of the site that signs its users in; unset means that all are guests."
    )
    mail_url: SecretStr | None = Field(
        default=None, description="Mail server for accounts: `smtp://user:password@host:587` or `smtps://`."
    )
    mail_from: str = Field(default="chat@localhost", description="Sender of letters about accounts.")
    account_link: str = Field(
        default="http://localhost:5005/?account={token}",
        description="Page of yours on which a password is chosen, with `{token}` in it.",
    )
    max_streams: int = Field(
        default=20_000, ge=1, description="Open streams and sockets per process; above it clients come later."
    )
    max_waiting: int = Field(
        default=10_000, ge=16, description="Conversations that may wait for an answer; above it senders come later."
    )
    trusted_proxies: str | None = Field(
        default=None,
        description="Addresses of the proxies in front, `none` without any; unset: nothing goes by clients' addresses.",
    )
    limit_messages_per_person: str = Field(default="120/minute", description="What one person may send, or `off`.")
    limit_messages_per_conversation: str = Field(
        default="240/minute", description="What people may send in one conversation, or `off`."
    )
    limit_messages_per_address: str = Field(
        default="1200/minute", description="What one address may send, or `off`; see `TRUSTED_PROXIES`."
    )
    limit_guests_per_address: str = Field(
        default="300/minute", description="Guests that one address may become, or `off`; see `TRUSTED_PROXIES`."
    )
    limit_conversations_per_address: str = Field(
        default="300/minute", description="Conversations that one address may open, or `off`; see `TRUSTED_PROXIES`."
    )
    max_links: int = Field(default=10, ge=0, description="Links in one message.")
    bot_names: str = Field(
        default="", description="What else people in a group call the bot, besides `Assistant`; separated by commas."
    )
    handoff_wait: float = Field(
        default=600, gt=0, description="Seconds that a conversation waits for a person; then the bot goes on."
    )
    handoff_assigns: bool = Field(
        default=False, description="Give what waits to operators with room by itself, instead of having them choose."
    )
    log_level: str = Field(default="INFO", description="Level of Switchboard's own logs.")

    class Config:
        env_file = ".env"
        allow_mutation = False

    @validator("data_dir", "page_dir", "identity_keys")
    def _absolute(cls, value: Path | None) -> Path | None:
        return value and value.expanduser().absolute()

    @validator("mail_url")
    def _mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.match(r"smtps?://[^/?#\s]+\Z", value.get_secret_value()):
            raise ValueError("must be smtp://user:password@host:port or smtps://…")
        return value

    @validator("account_link")
    def _has_token(cls, value: str) -> str:
        if "{token}" not in value:
            raise ValueError("must have {token} in it")
        return value

    @validator("trusted_proxies")
    def _proxies(cls, value: str | None) -> str | None:
        """An empty text is as good as none."""
        if not value or not value.strip():
            return None
        parse_proxies(value)
        return value

    @validator(
        "limit_messages_per_person",
        "limit_messages_per_conversation",
        "limit_messages_per_address",
        "limit_guests_per_address",
        "limit_conversations_per_address",
    )
    def _rate(cls, value: str) -> str:
        Rate.parse(value)
        return value

    @property
    def redis(self) -> str:
        """URL of the Redis to use: the given one, or the embedded one's Unix socket."""
        return self.redis_url or f"unix://{self.redis_socket}"

    @property
    def letters(self) -> Path:
        """Where letters are put while there is no mail server."""
        return self.data_dir / "letters"

    @property
    def redis_socket(self) -> Path:
        """Socket of the embedded Redis, moved to the temporary folder where the path is too long for a socket."""
        path = self.data_dir / "redis.sock"
        if len(str(path).encode()) <= UNIX_SOCKET_PATH_LIMIT:
            return path
        digest = hashlib.sha256(str(path).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"switchboard-{digest}.sock"

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the database to use."""
        return self.database_url or f"sqlite:///{self.data_dir / 'switchboard.db'}"

    @property
    def action_webhook(self) -> str:
        """Where the bot calls its actions."""
        return self.action_url or f"http://127.0.0.1:{self.action_port}/webhook"

    @property
    def proxies(self) -> tuple[Network, ...] | None:
        """Those whose word is taken for where a request comes from; `None`: that is not known."""
        return None if self.trusted_proxies is None else parse_proxies(self.trusted_proxies)

    @property
    def origins(self) -> frozenset[str]:
        """Origins that may embed the chat; `{"*"}` allows every site."""
        return frozenset(origin.strip().rstrip("/") for origin in self.allowed_origins.split(",") if origin.strip())

    @classmethod
    def checked(cls) -> Settings:
        """What the environment says. Raises `SettingsError`, without values: they may be secrets."""
        try:
            settings = cls()
        except ValidationError as error:
            lines = (f"{'.'.join(map(str, item['loc'])).upper()}: {item['msg']}" for item in error.errors())
            raise SettingsError("\n".join(lines)) from error
        settings.check_production()
        settings.check_identity_keys()
        return settings

    def check_production(self) -> None:
        """Raise `SettingsError`, naming every setting that is unsafe outside a developer's machine."""
        if self.switchboard_mode is not Mode.production:
            return
        problems = []
        secret = self.secret_key.get_secret_value()
        if secret == DEFAULT_SECRET or len(secret) < 32:
            problems.append("SECRET_KEY must be a secret of your own, of 32 characters or more")
        if "*" in self.origins:
            problems.append("ALLOWED_ORIGINS must name the sites that embed the chat")
        if self.mail_url is not None and not self.account_link.startswith("https://"):
            problems.append("ACCOUNT_LINK must be a page of yours, with https")
        if problems:
            raise SettingsError("Not safe for production: " + "; ".join(problems) + ".")

    def check_identity_keys(self) -> None:
        """Raise `SettingsError`, without the keys, if there is a file of them that cannot be used, or has our own."""
        if self.identity_keys is None:
            return
        from switchboard.people.host_keys import UnusableKeys, read_keys  # cryptography, for those only who have keys

        try:
            keys = read_keys(self.identity_keys)
        except UnusableKeys as error:
            raise SettingsError(
                f'IDENTITY_KEYS: {error}. Make the file as README.md, "Sign your users in", shows, or unset it.'
            ) from error
        secret = self.secret_key.get_secret_value().encode().rstrip(b"=")
        shared = [key.key for key in keys.values() if key.key_type == "oct"]
        if secret in [*shared, *(base64.urlsafe_b64encode(key).rstrip(b"=") for key in shared)]:
            raise SettingsError("IDENTITY_KEYS: a key is SECRET_KEY, with which a site could be anybody. Make another.")
