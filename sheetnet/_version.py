"""The version, in this one place: the package's metadata, workbooks and kept results take it from here."""

__version__ = "0.1.0"
