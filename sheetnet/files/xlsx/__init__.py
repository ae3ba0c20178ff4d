"""Office Open XML (.xlsx, .xlsm): reading, writing and marking. It knows no OpenDocument."""
