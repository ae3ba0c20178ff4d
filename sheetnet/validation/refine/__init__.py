"""Looks at wrong cells again, and says what is wrong with them: repairs, known mistakes, root causes."""
