"""Executes at scale: claims batches, lets the interpreter advance them, writes checkpoints, has effects performed."""
