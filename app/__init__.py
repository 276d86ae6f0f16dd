"""Web Flow: strong customer authentication in the browser, for banks."""
