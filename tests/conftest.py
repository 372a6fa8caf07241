"""What every test shares: properties are tried with the same examples everywhere, without a time limit."""

from hypothesis import settings

settings.register_profile("same-everywhere", derandomize=True, deadline=None)
settings.load_profile("same-everywhere")

pytest_plugins = ["tests.browsers", "tests.client_fixture", "tests.databases"]
