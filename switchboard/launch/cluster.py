"""Several edges and workers behind nginx on this machine: what `deploy/compose.yml` runs on several, without Docker."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from switchboard.launch import proxy, readiness
from switchboard.launch.compose import Part, parts
from switchboard.launch.environment import child_environment
from switchboard.launch.logs import LogFolder
from switchboard.launch.ports import claim
from switchboard.launch.processes import Child, Program, start
from switchboard.launch.redis_server import start_redis
from switchboard.launch.screen import Screen
from switchboard.launch.servers import ACTIONS_STOP_SECONDS, CHAT_STOP_SECONDS
from switchboard.settings import Settings

LOCALHOST = "127.0.0.1"
ACTIONS, NGINX, REDIS = "actions", "nginx", "redis"
PAUSE_SECONDS = 0.5  # before something is started again
STEADY_SECONDS = 60.0  # what ran for so long has not failed to start
FAILURES = 5  # in a row; then something is wrong that starting it again does not mend


@dataclass
class Member:
    """Something that runs for good: it is started again when it ends."""

    name: str
    begin: Callable[[], Awaitable[Child]]
    child: Child | None = None
    deaths: int = 0
    _alive: asyncio.Event = field(default_factory=asyncio.Event)
    _killed: Child | None = None  # by `kill`

    async def keep(self, screen: Screen) -> None:
        """Run it until cancelled. Raises `ChildDied` if it ends again and again, and not through `kill`.

        A signal is no excuse: a defect may end it by SIGSEGV, the kernel by SIGKILL for want of memory.
        """
        failures = 0
        while True:
            since = time.monotonic()
            self.child = await self.begin()
            self._alive.set()
            await self.child.wait()
            self._alive.clear()
            await self.child.stop()  # what it had started
            steady = self.child is self._killed or time.monotonic() - since > STEADY_SECONDS
            failures = 0 if steady else failures + 1
            if failures >= FAILURES:
                raise self.child.died()
            self.deaths += 1
            screen.line(self.name, f"{self.child.how_it_ended()}; starting it again")
            await asyncio.sleep(PAUSE_SECONDS)

    async def alive(self) -> Child:
        """The process, once there is one."""
        await self._alive.wait()
        assert self.child
        return self.child

    async def kill(self) -> None:
        """As a power cut would, and wait for its end. Between two lives, the next one."""
        child = self._killed = await self.alive()
        child.signal(signal.SIGKILL)
        await child.wait()
        if self.child is child:  # `keep` has not noticed yet
            self._alive.clear()


class Cluster:
    """All parts, kept alive. After `stop` none is left."""

    def __init__(
        self, settings: Settings, logs: LogFolder, screen: Screen, ports: Mapping[str, int] | None = None
    ) -> None:
        """`ports`: of a part by its name, in place of the one in `compose.yml`; the proxy has `settings.port`."""
        self.settings = settings
        self._logs = logs
        self._screen = screen
        self._parts = parts()
        self._ports = {part.name: part.port for part in self._parts if part.port} | dict(ports or {})
        self._tasks: list[asyncio.Task[None]] = []
        self.members: dict[str, Member] = {}

    def url(self, name: str) -> str:
        """Where a part listens."""
        return f"http://{LOCALHOST}:{self._ports[name]}"

    @property
    def proxy_url(self) -> str:
        """Where nginx listens."""
        return f"http://{LOCALHOST}:{self.settings.port}"

    async def start_redis(self) -> None:
        """Start the embedded Redis, unless the settings name another. Raises `LaunchError`."""
        if self.settings.redis_url is None:
            environment = child_environment(self.settings)
            await self._add(REDIS, lambda: start_redis(self.settings, self._logs, environment))

    async def start(self) -> None:
        """Start everything else, and return when all of it is ready. Raises `LaunchError`."""
        for name, port in self._ports.items():
            await claim(LOCALHOST, port, f"a port for {name} in deploy/compose.yml")
        for part in self._parts:
            await self._add(part.name, self._beginning(part))
        async with asyncio.TaskGroup() as group:
            for part in self._parts:
                if part.port:
                    group.create_task(self._wait_for(part))
        if proxy.program():
            await self._start_proxy()
        else:
            self._screen.line(NGINX, "not installed: clients may come to any edge, nothing leads them there")

    async def watch(self) -> None:
        """Raises `ChildDied` once something cannot be kept alive."""
        await asyncio.gather(*self._tasks)

    async def stop(self) -> None:
        """End each before what it still needs: the last turns call the actions, and both write to Redis."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        children = {name: member.child for name, member in self.members.items() if member.child}
        last = [children.pop(name) for name in (ACTIONS, REDIS) if name in children]
        await asyncio.gather(*(child.stop(CHAT_STOP_SECONDS) for child in children.values()))
        for child in last:
            await child.stop(ACTIONS_STOP_SECONDS)

    async def _add(self, name: str, begin: Callable[[], Awaitable[Child]]) -> None:
        member = self.members[name] = Member(name, begin)
        keeping = asyncio.create_task(member.keep(self._screen), name=name)
        self._tasks.append(keeping)
        alive = asyncio.create_task(member.alive())
        try:
            await asyncio.wait((keeping, alive), return_when=asyncio.FIRST_COMPLETED)
        finally:
            alive.cancel()
        if keeping.done():
            keeping.result()

    def _beginning(self, part: Part) -> Callable[[], Awaitable[Child]]:
        environment = child_environment(self.settings) | {
            "HOST": LOCALHOST,
            "REDIS_URL": self.settings.redis,
            "DATABASE_URL": self.settings.database,
            "ACTION_URL": f"{self.url(ACTIONS)}/webhook",
            "ARCHIVE_APART": "true",
        }
        if part.port:
            environment[part.variable] = str(self._ports[part.name])
        return lambda: start(Program(part.name, part.arguments, environment), self._logs)

    async def _wait_for(self, part: Part) -> None:
        async with self._screen.step(part.name, "starting") as step:
            child = await self.members[part.name].alive()
            await readiness.wait_until_ready(child, LOCALHOST, self._ports[part.name], part.health)
            step.result = f"ready after {step.seconds:.0f} s"

    async def _start_proxy(self) -> None:
        edges = {part.port: self._ports[part.name] for part in self._parts if part.name.startswith("edge")}
        folder = self.settings.data_dir / NGINX
        command = proxy.configured(folder, self.settings.port, edges)
        program = Program(NGINX, command, child_environment(self.settings))
        await self._add(NGINX, lambda: start(program, self._logs))
