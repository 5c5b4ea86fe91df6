"""The files of a node: what containerd, the CNI plugins and the kubelet are told, the same on both nodes."""

import json
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.image import write_image
from tests.e2e.network import Network
from tests.e2e.requirements import CNI_PLUGINS
from tests.real.certificates import write_kubeconfig
from tests.real.site import Site

IMAGE, PAUSE = "localhost/busybox:1", "localhost/pause:1"
ARCHIVES = {"busybox.tar": (IMAGE, ["/bin/sh"]), "pause.tar": (PAUSE, ["/bin/sleep", "2147483647"])}

# Snapshotter: overlayfs does not lie on another overlay, such as a container's root. OOM scores: without
# CAP_SYS_RESOURCE a negative one fails, and runc dies with "can't get final child's PID from pipe: EOF".
CONTAINERD = """version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{plugins}"
    conf_dir = "{folder}/cni"
"""


@dataclass(frozen=True)
class NodeFiles:
    """The folder of one node: `containerd.toml`, `cni/`, `kubelet.yaml` and `kubeconfig`."""

    folder: Path
    name: str
    address: str

    @property
    def kubelet_flags(self) -> tuple[str, ...]:
        """The kubelet's flags; everything else is in its configuration, or where a node has it."""
        return (
            f"--config={self.folder / 'kubelet.yaml'}",
            f"--kubeconfig={self.folder / 'kubeconfig'}",
            f"--hostname-override={self.name}",
            f"--node-ip={self.address}",
            "--v=2",
        )


def write_node_files(site: Site, network: Network, number: int, *, cgroup: str) -> NodeFiles:
    """Write the files of the node of this number; `cgroup` is the parent of its pods' cgroups."""
    files = NodeFiles(site.folder / f"node-{number}", f"node-{number}", network.node(number))
    (files.folder / "cni").mkdir(parents=True)
    (files.folder / "cni" / "10-pods.conflist").write_text(network.plugins(number))
    (files.folder / "containerd.toml").write_text(
        CONTAINERD.format(pause=PAUSE, plugins=CNI_PLUGINS, folder=files.folder)
    )
    client = site.authority.client(f"system:node:{files.name}", group="system:nodes")
    write_kubeconfig(
        files.folder / "kubeconfig",
        server=f"https://{network.host}:{site.api_port}",
        authority=site.authority.certificate,
        user={"client-certificate": str(client.certificate), "client-key": str(client.key)},
    )
    (files.folder / "kubelet.yaml").write_text(json.dumps(_kubelet(site, files, cgroup), indent=1))
    return files


def write_archives(folder: Path) -> None:
    """Write the images that every node imports; there is no registry."""
    for name, (tag, entrypoint) in ARCHIVES.items():
        write_image(folder / name, tag, entrypoint)


def _kubelet(site: Site, files: NodeFiles, cgroup: str) -> dict[str, object]:
    serving = site.authority.serving(files.name, files.address)
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": cgroup,
        "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
        "failCgroupV1": False,  # from 1.35 on a kubelet refuses cgroup v1 otherwise
        "failSwapOn": False,
        "makeIPTablesUtilChains": False,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(site.authority.certificate)},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(serving.certificate),
        "tlsPrivateKeyFile": str(serving.key),
        "evictionHard": {"memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageMinimumGCAge": "24h",
        "resolvConf": "",
        "clusterDNS": ["10.96.0.10"],
        "nodeStatusUpdateFrequency": "5s",
        "syncFrequency": "10s",
        "volumeStatsAggPeriod": "10s",  # the default of a minute is how late a full emptyDir is noticed
    }
