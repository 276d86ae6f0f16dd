"""A phone written in Python: the client's side of PowerAuth 3.0 to 3.3, without a network.

It was written from the published description and knows nothing of the portal's own code. Whoever
has a network sends its `Call`s and hands the answers back; `handset.py` is the way in.
"""
