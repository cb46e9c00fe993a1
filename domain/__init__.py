"""The words of Okno: messages, tickets, desks, people, cards and texts. No I/O but reading its own catalogs."""
