"""Calls of other programs: structural alleles and HLA types, which no small variant shows."""

from cds_service.calling.outside.apply import add_outside, only_outside
from cds_service.calling.outside.read import read_outside
from cds_service.calling.outside.values import OutsideCall

__all__ = ["OutsideCall", "add_outside", "only_outside", "read_outside"]
