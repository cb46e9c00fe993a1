"""The Slack messenger."""
