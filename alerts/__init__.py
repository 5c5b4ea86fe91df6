"""The rules that Prometheus evaluates: data in Python, YAML once generated. No query is written here as a string."""
