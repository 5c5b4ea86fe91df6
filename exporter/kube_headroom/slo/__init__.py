"""What teams declare as good, counted and burnt down: definitions, indicators, budgets, rules. Pure: time is an argument."""
