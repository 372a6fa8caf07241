"""The commands of `pgx-cds`, one module each."""
