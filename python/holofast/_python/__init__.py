"""The Python engine: the encoder of rust/core once more, file by file, for reading before speed.

Text is built in *byte strings*: str whose characters are the bytes 0 to 255 (latin-1), which Python
formats, joins and searches quickly, and which hold any UTF-8 as it came.
"""
