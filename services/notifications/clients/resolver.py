"""Names to addresses, checked: what it returns is what is connected to, so a name cannot change its mind in between."""

import asyncio
import socket
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Final, TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult

from services.notifications.domain.addresses import Target, UrlPolicy
from services.notifications.domain.errors import UrlRefused

Found: TypeAlias = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[str | int | bytes, ...]]
Lookup: TypeAlias = Callable[[str, int, socket.AddressFamily], Iterable[Found]]
_THREADS: Final = 16
_REGISTRATION_SECONDS: Final = 3.0


class AddressRefused(OSError):
    """The name leads, at least with one of its addresses, to where webhooks do not go."""


class PublicResolver(AbstractResolver):
    """Resolves all A and AAAA records and refuses the name if any of them is not allowed.

    Threads of its own: a dead name server must not hold up other work.
    """

    def __init__(self, policy: UrlPolicy, lookup: Lookup) -> None:
        self._policy = policy
        self._lookup = lookup
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="resolve")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the checked addresses of `host`; OSError if there are none, `AddressRefused` if one is not allowed."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, self._lookup, host, port, family)
        for _, _, _, _, address in found:
            self.check(str(address[0]))
        return [
            ResolveResult(hostname=host, host=str(address[0]), port=port, family=kind, proto=proto, flags=0)
            for kind, _, proto, _, address in found
        ]

    def check(self, address: str) -> None:
        """Raise `AddressRefused` unless a connection to this very address may be opened."""
        if not self._policy.admits(ip_address(address.partition("%")[0])):
            message = "the address is not public"
            raise AddressRefused(message)

    async def check_target(self, target: Target) -> None:
        """Refuse a URL that does not resolve, or leads inside, before it is ever stored."""
        try:
            async with asyncio.timeout(_REGISTRATION_SECONDS):
                await self.resolve(target.host, target.port)
        except AddressRefused as error:
            raise UrlRefused("the host leads to an address that is not public", field="url") from error
        except (OSError, UnicodeError, TimeoutError) as error:
            raise UrlRefused("the host cannot be resolved", field="url") from error

    async def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def system_lookup(host: str, port: int, family: socket.AddressFamily) -> Iterable[Found]:
    """Ask the machine's resolver; blocks."""
    return socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
