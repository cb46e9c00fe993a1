"""What happens: plain functions that load, decide by the rules of `domain`, and write. No I/O but the database."""
