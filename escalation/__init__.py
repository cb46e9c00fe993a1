"""What time asks for: working hours, due reminders, the scheduler."""
