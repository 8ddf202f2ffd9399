"""Why an answer is wrong: facts, slips, laws, pairs of slips, and the paths of a gradient."""
