"""pgx-cds: pharmacogenomic advice at the moment a drug is picked, as a CDS Hooks service."""

__version__ = "0.1.0"
