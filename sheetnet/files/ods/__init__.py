"""OpenDocument spreadsheets (.ods): reading, writing and marking. It knows no Office Open XML."""
