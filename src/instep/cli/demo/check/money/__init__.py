"""The second half of the check: documents from draft to payment, through a package that fails in every fifth call."""
