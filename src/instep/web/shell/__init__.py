"""The shell around every page: who is signed in, which firm, the rail, the palette, refusals."""
