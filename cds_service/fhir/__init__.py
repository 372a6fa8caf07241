"""The only place that knows FHIR resource shapes."""
