"""The report of a phase run: report.json for programs, report.html for people, both without personal data."""
