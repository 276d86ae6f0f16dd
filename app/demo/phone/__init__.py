"""A phone written in Python: the client's side of PowerAuth 3.0 to 3.3.

It was written from the published description and knows nothing of the portal's own code.
`handset.py` and what it uses have no network: they make `Call`s and read the answers. `shop.py`
is the way in for who wants a phone that calls by itself and is kept in a file.
"""
