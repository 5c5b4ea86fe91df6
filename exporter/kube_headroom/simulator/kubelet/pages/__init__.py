"""The text pages of a kubelet, as Kubernetes 1.36 on containerd prints them: what the kernel counted, read late."""
