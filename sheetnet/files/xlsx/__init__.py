"""Office Open XML (.xlsx, .xlsm): reading and writing."""
