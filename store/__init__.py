"""PostgreSQL: tables, the journal, transactions, migrations."""
