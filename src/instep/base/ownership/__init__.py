"""Which field of which record is kept by another system, and so is not for editing here."""
