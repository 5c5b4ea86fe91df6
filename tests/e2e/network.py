"""The pods' network: one flat /16 behind a bridge in a network namespace, and this machine's own end of it."""

import ipaddress
import json
import subprocess
from dataclasses import dataclass

CANDIDATES = tuple(f"10.{number}" for number in range(88, 128))


class CommandError(Exception):
    """A command of the machine's failed; the message has its own words."""


@dataclass(frozen=True)
class Network:
    """Who has which address; all of them reach each other without a route or a rule."""

    prefix: str
    """The first two numbers of every address."""
    link: str
    """This machine's end of the pair whose other end is in the bridge; it goes with the namespace."""

    @property
    def host(self) -> str:
        """Where the API server answers."""
        return f"{self.prefix}.0.1"

    def node(self, number: int) -> str:
        """The address of a node, counted from 1."""
        return f"{self.prefix}.0.{number + 1}"

    def plugins(self, number: int) -> str:
        """The CNI configuration of a node: a range of its own in the one subnet."""
        addresses = {
            "subnet": f"{self.prefix}.0.0/16",
            "rangeStart": f"{self.prefix}.{number}.1",
            "rangeEnd": f"{self.prefix}.{number}.254",
            "gateway": self.node(number),
        }
        bridge = {
            "type": "bridge",
            "bridge": "pods",
            "hairpinMode": True,
            "ipam": {"type": "host-local", "ranges": [[addresses]], "routes": [{"dst": "0.0.0.0/0"}]},
        }
        return json.dumps({"cniVersion": "0.4.0", "name": "pods", "plugins": [bridge]})

    def connect(self, namespace: int) -> None:
        """Lay the pair between this machine and the bridge of a process's network namespace."""
        command("ip", "link", "add", self.link, "type", "veth", "peer", "name", "machine", "netns", str(namespace))
        command("ip", "address", "add", f"{self.host}/16", "dev", self.link)
        command("ip", "link", "set", self.link, "up")
        inside = ("nsenter", f"--net=/proc/{namespace}/ns/net")
        command(*inside, "ip", "link", "set", "machine", "master", "pods", "up")


def free_network(link: str) -> Network:
    """A network that meets no route of this machine; CommandError if all are taken."""
    routes = json.loads(command("ip", "-json", "route"))
    taken = [ipaddress.ip_network(row["dst"], strict=False) for row in routes if row["dst"] != "default"]
    for prefix in CANDIDATES:
        if not any(ipaddress.ip_network(f"{prefix}.0.0/16").overlaps(one) for one in taken):
            return Network(prefix, link)
    message = f"every network from {CANDIDATES[0]}.0.0/16 to {CANDIDATES[-1]}.0.0/16 has a route on this machine"
    raise CommandError(message)


def command(*words: str) -> str:
    """Run a command and return what it printed; CommandError with its words if it fails."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"`{' '.join(words)}` ended with {done.returncode}: {done.stderr.strip() or done.stdout.strip()}"
        raise CommandError(message)
    return done.stdout
