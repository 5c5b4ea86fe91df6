"""The Grafana dashboards: questions of the catalogue as panels, JSON once generated. No query is written as a string."""
