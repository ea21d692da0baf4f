"""Documents, the ticks that say which line bills which cost, payments, and the figures that come from them."""
