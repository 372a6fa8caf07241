"""Turns decisions of the core into CDS Hooks cards."""
