"""Webhooks in: how calls of other systems are verified, judged and handed over. Pure but for the adapters of its ports."""
