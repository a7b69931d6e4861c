"""What API v2 takes and gives, one file per resource."""
