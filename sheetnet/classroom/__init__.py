"""A class: from a list of students to copies with numbers of their own."""

from sheetnet.classroom.assign import Given, assign, write_key
from sheetnet.classroom.assignment import Assignment, read_assignment
from sheetnet.classroom.folder import ClassFolder
from sheetnet.classroom.roster import Student, read_roster
from sheetnet.classroom.soundness import doubts
from sheetnet.classroom.variants import Variation

__all__ = [
    "Assignment",
    "ClassFolder",
    "Given",
    "Student",
    "Variation",
    "assign",
    "doubts",
    "read_assignment",
    "read_roster",
    "write_key",
]
