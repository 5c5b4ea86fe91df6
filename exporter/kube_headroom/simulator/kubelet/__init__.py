"""Simulated kubelets: what runs on a node, what it costs, and the pages that tell of it."""
