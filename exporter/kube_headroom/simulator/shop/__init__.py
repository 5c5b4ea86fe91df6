"""A believable shop as tables: nodes, workloads, their programs and who calls whom; no behaviour."""
