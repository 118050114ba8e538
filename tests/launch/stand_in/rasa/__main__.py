"""Stands in for Rasa's command line where a test is about the supervisor: starts at once, and misbehaves on request.

Files in the working directory ask for it (`ignores-sigterm`, `dies-at-once`, `has-other-channel`), and words in the
config (`broken`, `rewritten-by-training`, `edited-while-training`). The file `trainings` counts the trainings.
"""

from __future__ import annotations

import argparse
import http.server
import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

MODELS = Path("models")


def newest() -> str | None:
    models = sorted(MODELS.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    return models[-1].name if models else None


class Health(http.server.BaseHTTPRequestHandler):
    model: str | None = None

    def do_GET(self) -> None:
        model = type(self).model
        body = json.dumps({"status": "ready" if model else "starting", "model": model}).encode()
        self.send_response(404 if Path("has-other-channel").exists() else 200 if model else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def train(arguments: argparse.Namespace) -> int:
    config = Path("config.yml").read_text()
    if "broken" in config:
        print('Traceback (most recent call last):\n  File "/x/site-packages/rasa/a.py", line 3, in b\n    c()')
        print("rasa.InvalidConfig: There is no component named 'Broken' in config.yml.")
        return 1
    if "rewritten-by-training" in config:  # as Rasa does where a pipeline is left out
        config = config.replace("placeholder_default", "20261123-brown-fox")
        Path("config.yml").write_text(f"{config}# The following default pipeline was used to train your model.\n")
    if "edited-while-training" in config:
        Path("config.yml").write_text(f"{config}language: nl\n")
    with Path("trainings").open("a") as trainings:
        trainings.write("one\n")
    Path(arguments.out, arguments.fixed_model_name).write_bytes(b"a model")
    return 0


def serve(arguments: argparse.Namespace) -> int:
    if Path("dies-at-once").exists():
        print("rasa.SomethingIsMissing: I cannot work like this.")
        return 3
    if Path("ignores-sigterm").exists():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(15, 1); time.sleep(600)"])
    Health.model = newest()

    def reload(*_: object) -> None:
        Health.model = newest()

    signal.signal(signal.SIGUSR1, reload)
    server = http.server.ThreadingHTTPServer((arguments.interface, arguments.port), Health)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    while True:
        signal.pause()


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("--out")
    parser.add_argument("--fixed-model-name")
    parser.add_argument("--interface")
    parser.add_argument("--port", type=int)
    arguments = parser.parse_args()
    if arguments.command == "shell":
        print("Your input ->")
        return 0
    return train(arguments) if arguments.command == "train" else serve(arguments)


if __name__ == "__main__":
    sys.exit(main())
