"""The built-in messenger: its own platform with a page for customers and a page for staff."""
