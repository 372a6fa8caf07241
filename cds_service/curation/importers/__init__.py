"""Reads releases of the sources into proposals for the knowledge. Never used by the running service."""
