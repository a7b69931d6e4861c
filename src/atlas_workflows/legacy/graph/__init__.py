"""A legacy workflow's nodes and edges, wherever they were kept, as the graph of the workflow format."""
