"""Questions about documents, work in progress, payments and what clients are worth."""
