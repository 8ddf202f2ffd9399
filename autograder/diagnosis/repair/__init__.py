"""Repair: which single edit of the student's own code makes all outputs right on all public instances?

That is a proof and points at a line: the line is told and the kind of change, never the change.  After
R. Singh, S. Gulwani and A. Solar-Lezama, "Automated feedback generation for introductory programming
assignments", PLDI 2013, with linear algebra in the place of their solver.
"""

from .find_repair import LONGEST, find_repair, is_offered, is_searchable, public_question

__all__ = ["LONGEST", "find_repair", "is_offered", "is_searchable", "public_question"]
