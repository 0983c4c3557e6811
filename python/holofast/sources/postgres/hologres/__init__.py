"""What Hologres has beyond PostgreSQL: COPY OUT in Arrow, by its connectors' source.

`choice` says which format to ask a server for, `envelope` reads what it sends, `columns` makes of
that what the query's own description says. Nothing here speaks to a server.
"""
