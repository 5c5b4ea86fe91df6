"""What kubelets' pages add up to: counters per workload that never fall, gauges that are fresh or absent."""
