"""What the signals say, for people: who needs attention first and why, and how much room is left. Pure: no clock, no I/O."""
