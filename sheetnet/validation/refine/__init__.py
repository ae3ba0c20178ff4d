"""Refines verdicts: repairs, slips, known mistakes, root causes.

Looks at wrong cells again, and says what is wrong with them: repairs, known mistakes, root causes.
"""
