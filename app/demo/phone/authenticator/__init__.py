"""The other kind of app: it knows its accounts by links, and signs with a key of its own.

It speaks what docs/nevis.md says of the app side. `app.py` is the way in: it redeems links, and
answers what they lead to.
"""
