"""Documents, ticks, credits, payments and work in progress."""
