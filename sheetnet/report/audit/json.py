"""An audit as JSON, versioned. Always valid JSON: what is no finite number is null."""

from __future__ import annotations

import json
from typing import Any

from sheetnet.audit import Audit, Entry, FormulaEntry
from sheetnet.report.audit.lines import corrections, mistakes_named

SCHEMA = "sheetnet.audit/1"


def audit_data(audit: Audit) -> dict[str, Any]:
    """The audit as plain data, in the fields of the schema."""
    return {
        "schema": SCHEMA,
        "entries": [_entry(entry) for entry in audit.entries],
        "formulas": [_formula(formula) for formula in audit.formulas],
        "summary": {
            "title": audit.title,
            "source": audit.source,
            "ok": audit.ok,
            "numbers": {"printed": len(audit.entries), **audit.counts},
            "formulas": {"printed": len(audit.formulas), **audit.formula_counts},
            "mistakes": mistakes_named(audit),
            "notes": list(audit.notes),
            "should_print": [
                {"quantity": c.quantity, "index": list(index), "text": text}
                for c in corrections(audit)
                for index, text in c.rows
            ],
        },
    }


def to_json(audit: Audit) -> str:
    """The audit as the text of a JSON file."""
    return json.dumps(audit_data(audit), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "place": entry.place,
        "quantity": entry.quantity,
        "index": list(entry.index),
        "printed": entry.printed,
        "computed": entry.computed,
        "verdict": entry.verdict,
        "why": entry.why,
        "mistake": entry.mistake,
    }


def _formula(formula: FormulaEntry) -> dict[str, Any]:
    return {
        "place": formula.place,
        "equation": formula.equation,
        "verdict": formula.verdict,
        "why": formula.why,
        "right_form": formula.right_form,
    }
