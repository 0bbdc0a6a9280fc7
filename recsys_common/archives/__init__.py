"""Dictionaries of arrays, tables and numbers in one zip file, without pickle."""
