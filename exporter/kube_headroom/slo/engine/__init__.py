"""Counts what was measured: rings of events per window, budgets per period, the two counters, the policy's state. Pure."""
