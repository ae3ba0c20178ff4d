"""Many workbooks of strangers, judged apart from this process: workers, limits, results that survive a kill."""
