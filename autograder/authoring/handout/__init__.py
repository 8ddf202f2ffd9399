"""What students of a class of one's own are given: the course without its answers."""
