"""
Whole populations: records in, one row for each person, drug and finding out.

An export is cut into shards by person; `shard.screen` judges one shard and knows nothing of the others, so
that the same function runs in one process, on all cores, or on many machines.
"""
