"""Every series Headroom emits or queries, as typed symbols; knows nothing of clusters or servers."""
