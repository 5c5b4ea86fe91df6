"""Kubelets' pages, from bytes to readings; pure. What is not understood is left out and counted, never guessed."""

from kube_headroom.kubelet.pages.cadvisor import cadvisor as cadvisor
from kube_headroom.kubelet.pages.families import Oddity as Oddity
from kube_headroom.kubelet.pages.families import PageError as PageError
from kube_headroom.kubelet.pages.known import KnownBlocks as KnownBlocks
from kube_headroom.kubelet.pages.probes import probes as probes
from kube_headroom.kubelet.pages.resource import resource as resource
from kube_headroom.kubelet.pages.volumes import volumes as volumes
