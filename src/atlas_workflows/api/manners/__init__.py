"""How every route speaks: problems, exact JSON, cursors, preconditions, answers kept for requests that are sent again."""
