"""Shadow: the recorded history re-enacted by the old engines, and recorded triggers played through old and new beside each other."""
