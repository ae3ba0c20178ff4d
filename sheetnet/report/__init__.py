"""Verdicts as people and programs read them: terminal, HTML, JSON, marked copies."""
