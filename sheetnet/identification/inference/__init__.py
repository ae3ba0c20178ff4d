"""Reads the network of a workbook off its forward pass, where nobody gives a network file."""
