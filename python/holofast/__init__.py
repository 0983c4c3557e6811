"""PostgreSQL COPY output from Arrow, and hg_dump_to_oss rebuilt outside the database."""
