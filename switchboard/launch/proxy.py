"""nginx with the configuration that we ship, `deploy/nginx.conf`, for a run on this machine without rights."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from switchboard.launch.errors import LaunchError

SHIPPED = Path(__file__).parents[2] / "deploy" / "nginx.conf"
FOLDERS = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"  # Debian puts it where only root looks
MAIN = """
daemon off;
pid {folder}/nginx.pid;
worker_processes 1;
error_log {folder}/error.log info;
events {{ worker_connections 4096; }}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    gzip on;  # as in Debian's
    include {folder}/site.conf;
}}
"""


def program() -> str | None:
    """Where nginx is, or `None` on a machine without one."""
    return shutil.which("nginx", path=FOLDERS)


def configured(folder: Path, port: int, edges: Mapping[int, int], more: Mapping[str, str] | None = None) -> list[str]:
    """Write the configuration into a folder; the command line to run it.

    `edges`: the port of an edge as shipped, and the one it really has. `more`: other texts to replace. Raises
    `LaunchError` for what is not in the shipped file.
    """
    text = SHIPPED.read_text(encoding="utf-8")
    changes = {"listen 80;": f"listen 127.0.0.1:{port};", **(more or {})}
    changes |= {f"127.0.0.1:{shipped}": f"127.0.0.1:{real}" for shipped, real in edges.items()}
    for shipped in changes:
        if shipped not in text:
            raise LaunchError(f"{SHIPPED} does not have {shipped!r}.")
    text = re.sub("|".join(map(re.escape, changes)), lambda found: changes[found[0]], text)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "site.conf").write_text(text, encoding="utf-8")
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder), encoding="utf-8")
    where = ["-e", str(folder / "error.log"), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    return [program() or "nginx", *where]
