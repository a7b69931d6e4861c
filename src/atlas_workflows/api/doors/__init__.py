"""Who calls: API keys, tokens of an identity provider, Airflow's session; which organization, and how often."""
