"""`kube-headroom demo`: a simulated cluster and the exporter in one process; the only room that knows both."""
