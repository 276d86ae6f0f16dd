"""Walk a flow: prepare it, open it in a browser, show its page, take an answer, end it."""
