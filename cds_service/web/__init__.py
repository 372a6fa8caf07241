"""The HTTP surface, in Flask."""
