"""What every kind of record of ours shares: one way to write it, its texts and ids, and the words it is searched by."""
