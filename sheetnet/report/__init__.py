"""Verdicts as people and programs read them: terminal and JSON. It formats and decides nothing."""
