"""The detail view as values: one person's results, what they mean for every drug, and what is not known."""
