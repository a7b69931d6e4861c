"""What really happened: what the history of the old application says about triggers and steps. Pure."""
