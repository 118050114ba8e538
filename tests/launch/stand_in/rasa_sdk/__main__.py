"""Stands in for the action server."""

from __future__ import annotations

import http.server
import os
import runpy
import sys
from pathlib import Path


class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    for module in Path("actions").glob("*.py"):
        runpy.run_path(str(module))
    address = (os.environ["SANIC_HOST"], int(sys.argv[sys.argv.index("--port") + 1]))
    http.server.ThreadingHTTPServer(address, Health).serve_forever()
