"""Benchmarks that anyone can run: `./bench/run`, or `python -m bench`; each compares within one run."""
