"""Judges many untrusted workbooks in separate processes, with limits, and keeps results that survive a crash."""
