"""The checks of `pgx-cds knowledge check`: one subject a module, each with a `name` and a `run`."""
