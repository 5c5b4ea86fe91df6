"""Start Headroom as in a pod, with a service account of the benchmark's own: `python in_cluster.py FOLDER FLAG...`.

FOLDER stands for the one that the kubelet mounts at a path which only a container has to itself.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

from kube_headroom.__main__ import main
from kube_headroom.cluster import connection, credentials

_access = partial(credentials.find_access, environment=credentials.Environment(os.environ, Path(sys.argv[1])))
vars(connection)["find_access"] = _access

sys.exit(main(["run", *sys.argv[2:]]))
