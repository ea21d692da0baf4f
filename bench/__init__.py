"""Benchmarks: one file each, run by `run.py bench`; ratios rather than seconds. Files with an underscore are shared."""
