"""The screen of the demo phone: pages that look like one, for testers without an app."""
