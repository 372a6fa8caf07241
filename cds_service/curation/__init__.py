"""Reads, checks and compiles the folder `knowledge/`."""
