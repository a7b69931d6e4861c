"""Legacy actions' settings and texts as the parameters of canonical node types."""
