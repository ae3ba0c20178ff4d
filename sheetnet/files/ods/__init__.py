"""OpenDocument spreadsheets (.ods): reading and writing."""
