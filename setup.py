"""The one thing pyproject.toml cannot say: found packages plus the two data folders beside them."""

from setuptools import find_packages, setup

DATA_PACKAGES = ["cds_service._knowledge", "cds_service._fixtures"]

setup(packages=find_packages(include=["cds_service", "cds_service.*"]) + DATA_PACKAGES)
