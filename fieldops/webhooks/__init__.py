"""What vendors call: verify, store, answer; nothing else."""

from fieldops.webhooks.doors import blueprint

__all__ = ["blueprint"]
