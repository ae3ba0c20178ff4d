"""The version, here alone: the package, its metadata, files and journals all read it from this line."""

__version__ = "0.1.0"
