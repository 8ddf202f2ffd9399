"""What students see: checks, cards and recaps."""
