"""A class: from a list of students to copies with numbers of their own, and from what they hand in to marks."""

from sheetnet.classroom.assign import Given, assign, write_key
from sheetnet.classroom.assignment import Assignment, read_assignment
from sheetnet.classroom.feedback import write_feedback
from sheetnet.classroom.folder import ClassFolder
from sheetnet.classroom.grade import Graded, grade
from sheetnet.classroom.integrity import Fact, facts
from sheetnet.classroom.marks import PaperMark
from sheetnet.classroom.overview import explained, write_marks, write_overview
from sheetnet.classroom.roster import Student, read_roster
from sheetnet.classroom.soundness import doubts
from sheetnet.classroom.variants import Variation

__all__ = [
    "Assignment",
    "ClassFolder",
    "Fact",
    "Given",
    "Graded",
    "PaperMark",
    "Student",
    "Variation",
    "assign",
    "doubts",
    "explained",
    "facts",
    "grade",
    "read_assignment",
    "read_roster",
    "write_feedback",
    "write_key",
    "write_marks",
    "write_overview",
]
