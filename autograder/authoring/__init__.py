"""Making the course: notebooks from sources, and the pages that are counted from a run."""
