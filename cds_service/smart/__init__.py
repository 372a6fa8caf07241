"""SMART App Launch: how a person gets from the EHR to the detail view, and the short session there."""
