"""Remembers: one SQL database. Everything here is a plain function of a connection, run by `Database.run`."""

from sqlalchemy import Connection

__all__ = ["Connection"]
