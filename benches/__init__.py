"""The demo, and holofast measured beside its peers; nothing of it is shipped."""
