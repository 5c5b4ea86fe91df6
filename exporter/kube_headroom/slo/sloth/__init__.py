"""Definitions that Sloth's users have, read strictly; Sloth's rules from them, exactly; and the same as our objectives."""

# First of all: `load` there reads these formats too, and its parts are what these are read with.
import kube_headroom.slo.definitions  # noqa: F401 - for its order alone
