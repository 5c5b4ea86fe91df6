"""Incidents by name: each a cause that is set and taken back; what follows from it is the cluster's own doing."""
