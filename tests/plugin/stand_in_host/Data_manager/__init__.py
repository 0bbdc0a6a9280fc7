"""The host's package: with its `__init__.py` it wins whole, so that nothing of another Data_manager can be found."""
