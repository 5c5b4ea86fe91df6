"""Samples to exposition text, and the HTTP server that hands it out.

Knows the catalogue and nothing of clusters, snapshots or signals.
"""
