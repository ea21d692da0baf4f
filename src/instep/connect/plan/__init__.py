"""Planning: gather what is known, decide purely, store the decision as rows."""
