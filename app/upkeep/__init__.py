"""What an installation needs to stay sound: keys, the audit trail, clean-up, readiness."""
