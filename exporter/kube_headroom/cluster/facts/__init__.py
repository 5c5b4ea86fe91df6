"""The wire's objects become facts: pure, tolerant of whatever is missing, sharing what repeats."""
