"""What can be seen of the running service from outside: metrics and logs, without data of any person."""
