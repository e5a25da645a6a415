"""The one collection of tables that migrations are made from."""

from sqlalchemy import MetaData

metadata = MetaData()
