"""What the facts add up to over time: who belongs to whom, counters that never fall, and what survives a restart."""
