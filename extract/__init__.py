"""TALK: forges and git. Pages in, raw records out; the archive of what the forge said; the sandbox forge."""
