"""RQ: the queues, the thin job functions, the worker and the scheduler that run them."""
