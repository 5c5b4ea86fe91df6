"""An OpenTelemetry collector's configuration: spans of users' services become metrics with the labels of our workloads."""
