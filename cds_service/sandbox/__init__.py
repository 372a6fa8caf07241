"""The embedded demo: a FHIR endpoint over the fixtures and an order-entry page."""
