"""Looks at wrong cells again, and says what is wrong with them: repairs, slips, known mistakes, root causes."""
