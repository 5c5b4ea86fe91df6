"""The wire's shapes: what we read of each object, and nothing else of it."""
