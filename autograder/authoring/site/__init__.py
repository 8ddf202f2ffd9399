"""The website: lessons as released text with figures from the solutions, and the project's pages."""
