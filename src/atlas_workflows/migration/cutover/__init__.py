"""Taking workflows over from the old application and giving them back: facts, fence, drain, publication, the way back."""
