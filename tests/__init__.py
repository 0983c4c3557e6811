"""The tests, by behaviour; what they share is in conftest.py and the modules it names."""
