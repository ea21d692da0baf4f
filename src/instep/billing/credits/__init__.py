"""The processes that make a credit note, one file each: what it credits and what it returns. Plans only, no writes.

Cancel is here. Discount, credit of chosen lines and write-off of a residue each become a file with a `CreditProcess`.
"""
