"""The Alembic environment of schema atlas; each revision runs one SQL file up and one down."""
