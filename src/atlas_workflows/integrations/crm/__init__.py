"""The CRM's own tables, in all their variants: reads a contact and writes what actions change, once per effect, kept so that it can be taken back."""
