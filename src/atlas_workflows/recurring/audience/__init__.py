"""Saved audience queries: the language, its SQL, who is found, and the enrolment of all of them at an occurrence."""
