"""SLIs that a Prometheus-compatible server knows: asks it, counts raw samples, reads expressions, fills the past."""
