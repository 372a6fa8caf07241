"""What is run by itself, and needs what only the extra `fuzz` brings, is no test module."""

collect_ignore = ["by_atheris.py"]
