"""A simulated cluster that speaks the real protocols; nothing in the exporter knows that it is simulated.

One loop owns the world: whoever reads or changes it runs there, so nothing is locked.
"""
