"""Pure values and decisions. Standard library only: no clock, files, environment or HTTP."""
