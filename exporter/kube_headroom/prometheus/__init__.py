"""The only room that talks to a Prometheus-compatible server: asks its queries and turns the answers into events of SLOs."""
