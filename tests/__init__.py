"""The tests: a folder for each room of sheetnet, what they share in `tests.support`, files in `tests/data`."""
