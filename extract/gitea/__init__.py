"""Gitea and Forgejo: one API, told apart by the version that they say."""
